{{/* The one container, `runner`: podFailurePolicy goes by its name. Call: . (root context). */}}
{{- define "agentrig.container" -}}
name: runner
image: {{ include "agentrig.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  {{- include "agentrig.args" . | nindent 2 }}
env:
  {{- include "agentrig.env" . | nindent 2 }}
{{- with .Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  {{- include "agentrig.containerSecurityContext" . | nindent 2 }}
terminationMessagePath: /dev/termination-log
# A runner that ends before its first summary leaves the end of its log there.
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  {{- include "agentrig.volumeMounts" . | nindent 2 }}
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
