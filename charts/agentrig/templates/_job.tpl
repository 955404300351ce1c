{{/* Labels of a Job beside those of every object, as a map in YAML. Call: . (root context). */}}
{{- define "agentrig.jobLabels" -}}
{{- $labels := dict -}}
{{- with .Values.kueue.queueName -}}{{- $_ := set $labels "kueue.x-k8s.io/queue-name" . -}}{{- end -}}
{{- with .Values.kueue.priorityClass -}}{{- $_ := set $labels "kueue.x-k8s.io/priority-class" . -}}{{- end -}}
{{- mergeOverwrite (deepCopy (.Values.job.labels | default dict)) $labels | toYaml -}}
{{- end }}

{{/* Spec of a Job, for the Job and the CronJob. Call: . (root context). */}}
{{- define "agentrig.jobSpec" -}}
{{- $job := .Values.job -}}
{{- if include "agentrig.isSharded" . -}}
{{ include "agentrig.shardFields" . }}
{{- else -}}
backoffLimit: {{ int64 $job.backoffLimit }}
{{- end }}
activeDeadlineSeconds: {{ int64 $job.activeDeadlineSeconds }}
ttlSecondsAfterFinished: {{ int64 $job.ttlSecondsAfterFinished }}
{{- if or $job.suspend .Values.kueue.queueName }}
suspend: true
{{- end }}
{{- with $job.podReplacementPolicy }}
podReplacementPolicy: {{ . }}
{{- end }}
podFailurePolicy:
  rules:
    {{- include "agentrig.podFailureRules" . | nindent 4 }}
template:
  metadata:
    labels:
      {{- include "agentrig.podLabels" . | nindent 6 }}
    {{- with include "agentrig.podAnnotations" . }}
    annotations:
      {{- . | nindent 6 }}
    {{- end }}
  spec:
    {{- with include "agentrig.podDeadline" . }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- include "agentrig.podSpec" . | nindent 4 }}
{{- end }}

{{/* The Pod's own deadline, before the Job's by the time that a Pod gets to end: at its deadline a
Job deletes the Pods that run, with their logs, and a Pod that is past its own is ended and kept.
Empty where the Job's leaves no time for both. Call: . (root context). */}}
{{- define "agentrig.podDeadline" -}}
{{- $ending := int64 .Values.terminationGracePeriodSeconds -}}
{{- $deadline := sub (int64 .Values.job.activeDeadlineSeconds) $ending -}}
{{- if gt $deadline $ending -}}
activeDeadlineSeconds: {{ $deadline }}
{{- end -}}
{{- end }}

{{/* Which ends of a Pod are retried, a YAML list; the first rule that fits decides.
Call: . (root context). */}}
{{- define "agentrig.podFailureRules" -}}
{{- with .Values.job.podFailurePolicy.rules -}}
{{ toYaml . }}
{{ end -}}
{{- range include "agentrig.fetchNames" . | fromYamlArray -}}
# No such ref, prefix or package: there will be none at the next try.
- action: FailJob
  onExitCodes:
    containerName: {{ . }}
    operator: In
    values: [4]
{{ end -}}
{{- if include "agentrig.isSharded" . -}}
# An invalid scenario is invalid in each shard.
- action: FailJob
  onExitCodes:
    containerName: runner
    operator: In
    values: [4]
# Failed tests, nothing selected: trying again would change nothing, and the others go on.
- action: FailIndex
  onExitCodes:
    containerName: runner
    operator: In
    values: [1, 5]
{{- else -}}
# Failed tests, an invalid scenario, nothing selected: trying again would change nothing.
- action: FailJob
  onExitCodes:
    containerName: runner
    operator: In
    values: [1, 4, 5]
{{- end }}
# An eviction or a lost node says nothing of the tests. The deadline bounds these retries.
- action: Ignore
  onPodConditions:
    - type: DisruptionTarget
      status: "True"
{{- end }}
