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
automountServiceAccountToken: {{ include "agentrig.needsToken" . }}
# One variable for each Service of the namespace helps no scenario, and slows the start.
enableServiceLinks: false
securityContext:
  {{- include "agentrig.podSecurityContext" . | nindent 2 }}
containers:
  - {{ include "agentrig.container" . | nindent 4 | trim }}
volumes:
  {{- include "agentrig.volumes" . | nindent 2 }}
{{- end }}
