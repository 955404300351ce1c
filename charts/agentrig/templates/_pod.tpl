{{/* Annotations of the runner's Pod. Call: . (root context). May be empty. */}}
{{- define "agentrig.podAnnotations" -}}
{{- with .Values.scenarios.inline -}}
checksum/scenarios: {{ toYaml . | sha256sum }}
{{- end -}}
{{- end }}

{{/* Spec of the Pod that runs the scenarios, whatever makes the Pod. Call: . (root context). */}}
{{- define "agentrig.podSpec" -}}
{{- include "agentrig.refuse" . -}}
restartPolicy: Never
serviceAccountName: {{ include "agentrig.serviceAccountName" . | quote }}
automountServiceAccountToken: {{ or (not (empty .Values.rbac.rules)) .Values.serviceAccount.mountToken }}
# One variable for each Service of the namespace helps no scenario, and slows the start.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- range $field := list "runAsUser" "runAsGroup" "fsGroup" }}
  {{- $id := index $.Values.podSecurityContext $field }}
  {{- if not (kindIs "invalid" $id) }}
  {{ $field }}: {{ int64 $id }}
  {{- end }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
containers:
  - {{ include "agentrig.container" . | nindent 4 | trim }}
volumes:
  {{- include "agentrig.volumes" . | nindent 2 }}
{{- end }}

{{/* The one container, `runner`: podFailurePolicy goes by its name. Call: . (root context). */}}
{{- define "agentrig.container" -}}
name: runner
image: {{ include "agentrig.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  {{- include "agentrig.args" . | nindent 2 }}
env:
  {{- include "agentrig.ownEnv" . | nindent 2 }}
  {{- range $name, $value := .Values.env }}
  - name: {{ $name | quote }}
    {{- if kindIs "string" $value }}
    value: {{ $value | quote }}
    {{- else }}
    valueFrom:
      {{- toYaml $value | nindent 6 }}
    {{- end }}
  {{- end }}
{{- with .Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
  readOnlyRootFilesystem: true
terminationMessagePath: /dev/termination-log
# A runner that ends before its first summary leaves the end of its log there.
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  - name: results
    mountPath: /results
  - name: tmp
    mountPath: /tmp
  {{- if .Values.scenarios.inline }}
  - name: scenarios
    mountPath: /scenarios/inline
    readOnly: true
  {{- end }}
  {{- range $name, $mount := .Values.secretMounts }}
  - name: secret-{{ $name }}
    mountPath: {{ $mount.mountPath | quote }}
    readOnly: true
  {{- end }}
{{- end }}

{{/* Image reference; a digest wins. Call: . (root context). */}}
{{- define "agentrig.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository .tag -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Arguments of the container, a YAML list. Call: . (root context). */}}
{{- define "agentrig.args" -}}
{{- $args := list "run" -}}
{{- if .Values.run.paths -}}
{{- $args = concat $args .Values.run.paths -}}
{{- else if .Values.scenarios.inline -}}
{{- $args = append $args "/scenarios/inline" -}}
{{- else -}}
{{- $args = append $args "/scenarios/demo" -}}
{{- end -}}
{{- range $name, $url := .Values.run.targets -}}
{{- $args = append $args (printf "--target=%s=%s" $name $url) -}}
{{- end -}}
{{- toYaml (concat $args (.Values.run.args | default list)) -}}
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
- name: AGENTRIG_RUN_LOG_JOURNAL
  value: "true"
{{- end }}

{{/* Volumes of the Pod, a YAML list. Call: . (root context). */}}
{{- define "agentrig.volumes" -}}
- name: results
  emptyDir:
    sizeLimit: {{ .Values.volumes.resultsSizeLimit }}
- name: tmp
  emptyDir:
    sizeLimit: {{ .Values.volumes.tmpSizeLimit }}
{{- if .Values.scenarios.inline }}
- name: scenarios
  configMap:
    name: {{ include "agentrig.componentName" (list . "scenarios") }}
{{- end }}
{{- range $name, $mount := .Values.secretMounts }}
- name: secret-{{ $name }}
  secret:
    {{- omit $mount "mountPath" | toYaml | nindent 4 }}
{{- end }}
{{- end }}
