{{/* Labels of the runner's Pod. Call: . (root context). */}}
{{- define "agentrig.podLabels" -}}
{{ include "agentrig.labels" . }}
{{- with .Values.podLabels }}
{{ include "agentrig.render" (list $ .) }}
{{- end }}
{{- end }}

{{/* Annotations of the runner's Pod. Call: . (root context). May be empty. */}}
{{- define "agentrig.podAnnotations" -}}
{{- $annotations := deepCopy (.Values.podAnnotations | default dict) -}}
{{- with .Values.scenarios.inline -}}
{{- $_ := set $annotations "checksum/scenarios" (toYaml . | sha256sum) -}}
{{- end -}}
{{- with $annotations -}}
{{- include "agentrig.render" (list $ .) -}}
{{- end -}}
{{- end }}

{{/* Spec of the Pod that runs the scenarios, whatever makes the Pod. Call: . (root context). */}}
{{- define "agentrig.podSpec" -}}
{{- include "agentrig.refuse" . -}}
restartPolicy: {{ .Values.restartPolicy }}
serviceAccountName: {{ include "agentrig.serviceAccountName" . | quote }}
automountServiceAccountToken: {{ include "agentrig.needsToken" . }}
# One variable for each Service of the namespace helps no scenario, and slows the start.
enableServiceLinks: false
{{ include "agentrig.scheduling" . }}
{{- with include "agentrig.imagePullSecrets" . | trim }}
imagePullSecrets:
  {{- . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "agentrig.podSecurityContext" . | nindent 2 }}
{{- with include "agentrig.initContainers" . | trim }}
initContainers:
  {{- . | nindent 2 }}
{{- end }}
containers:
  - {{ include "agentrig.container" . | nindent 4 | trim }}
volumes:
  {{- include "agentrig.volumes" . | nindent 2 }}
{{- end }}
