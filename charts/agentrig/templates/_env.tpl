{{/* Environment of the runner, a YAML list of EnvVar. Call: . (root context). */}}
{{- define "agentrig.env" -}}
{{ include "agentrig.ownEnv" . }}
{{- range $name, $value := include "agentrig.render" (list . .Values.env) | fromYaml }}
- name: {{ $name | quote }}
  {{- if kindIs "string" $value }}
  value: {{ $value | quote }}
  {{- else }}
  valueFrom:
    {{- toYaml $value | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Environment that the chart sets, a YAML list of EnvVar. Call: . (root context). */}}
{{- define "agentrig.ownEnv" -}}
{{ include "agentrig.runId" . | trim }}
- name: AGENTRIG_RUN_VIA
  value: {{ .Values.run.via }}
- name: AGENTRIG_RUN_NAMESPACE
  value: {{ include "agentrig.agentsNamespace" . | quote }}
- name: AGENTRIG_RUN_CLUSTER_DOMAIN
  value: {{ .Values.run.clusterDomain | quote }}
- name: AGENTRIG_RUN_RESULTS
  value: /results
- name: AGENTRIG_RUN_TERMINATION_LOG
  value: /dev/termination-log
- name: AGENTRIG_RUN_LOG_FORMAT
  value: {{ .Values.logFormat }}
- name: AGENTRIG_RUN_LOG_JOURNAL
  value: "true"
{{- if include "agentrig.isFetched" . }}
- name: AGENTRIG_RUN_SOURCE
  value: {{ include "agentrig.sourceFolder" . }}/.agentrig-source.json
{{- end }}
{{- if include "agentrig.needsPackages" . }}
- name: AGENTRIG_RUN_PACKAGES
  value: /packages
{{- end }}
{{- if include "agentrig.hasSecrets" . }}
- name: AGENTRIG_RUN_SECRETS
  value: /secrets
{{- end }}
{{- include "agentrig.resultsEnv" . }}
{{- end }}

{{/* The run's id, which all Pods of a run have and no other run: the release's revision, a CronJob's
Job, a test's Pod. A release may be installed again, and in other clusters: where runs are kept side by
side, the Job's uid tells them apart. A YAML list of EnvVar. Call: . (root context). */}}
{{- define "agentrig.runId" -}}
{{- $isKept := include "agentrig.isKept" . -}}
{{- $isCronJob := eq .Values.mode "cronjob" -}}
{{- $id := $isCronJob | ternary "$(AGENTRIG_JOB_NAME)" (printf "%s-%d" .Release.Name (int .Release.Revision)) -}}
{{- $field := "metadata.labels['batch.kubernetes.io/controller-uid']" -}}
{{- $uid := "AGENTRIG_JOB_UID" -}}
{{- if eq .Values.mode "hook" -}}
{{- $field = "metadata.uid" -}}
{{- $uid = "AGENTRIG_POD_UID" -}}
{{- end -}}
{{- if and $isCronJob $isKept }}
- name: AGENTRIG_JOB_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.labels['batch.kubernetes.io/job-name']
{{- end }}
{{- if or (eq .Values.mode "hook") $isKept }}
- name: {{ $uid }}
  valueFrom:
    fieldRef:
      fieldPath: {{ $field }}
- name: AGENTRIG_RUN_RUN_ID
  value: {{ printf "%s-$(%s)" $id $uid | quote }}
{{- else if $isCronJob }}
- name: AGENTRIG_RUN_RUN_ID
  valueFrom:
    fieldRef:
      fieldPath: metadata.labels['batch.kubernetes.io/job-name']
{{- else }}
- name: AGENTRIG_RUN_RUN_ID
  value: {{ $id | quote }}
{{- end }}
{{- end }}
