{{/* Spec of a Job, for the Job and the CronJob. Call: . (root context). */}}
{{- define "agentrig.jobSpec" -}}
{{- $job := .Values.job -}}
backoffLimit: {{ int64 $job.backoffLimit }}
activeDeadlineSeconds: {{ int64 $job.activeDeadlineSeconds }}
ttlSecondsAfterFinished: {{ int64 $job.ttlSecondsAfterFinished }}
podFailurePolicy:
  rules:
    # Failed tests, an invalid scenario, nothing selected: trying again would change nothing.
    - action: FailJob
      onExitCodes:
        containerName: runner
        operator: In
        values: [1, 4, 5]
    # An eviction or a lost node says nothing of the tests. The deadline bounds these retries.
    - action: Ignore
      onPodConditions:
        - type: DisruptionTarget
          status: "True"
template:
  metadata:
    labels:
      {{- include "agentrig.labels" . | nindent 6 }}
    {{- with include "agentrig.podAnnotations" . }}
    annotations:
      {{- . | nindent 6 }}
    {{- end }}
  spec:
    {{- include "agentrig.podSpec" . | nindent 4 }}
{{- end }}
