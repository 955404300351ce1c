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

{{/* Environment that the chart sets, a YAML list of EnvVar. Call: . (root context).
The run's id is new for each run: a Job's revision, a CronJob's Job, a test's Pod. */}}
{{- define "agentrig.ownEnv" -}}
{{- if eq .Values.mode "hook" -}}
- name: AGENTRIG_POD_UID
  valueFrom:
    fieldRef:
      fieldPath: metadata.uid
{{ end -}}
- name: AGENTRIG_RUN_RUN_ID
  {{- if eq .Values.mode "cronjob" }}
  valueFrom:
    fieldRef:
      fieldPath: metadata.labels['batch.kubernetes.io/job-name']
  {{- else if eq .Values.mode "hook" }}
  value: {{ printf "%s-%d-$(AGENTRIG_POD_UID)" .Release.Name (int .Release.Revision) | quote }}
  {{- else }}
  value: {{ printf "%s-%d" .Release.Name (int .Release.Revision) | quote }}
  {{- end }}
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
{{- end }}
