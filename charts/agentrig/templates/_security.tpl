{{/* Whom the processes of the Pod run as. Call: . (root context).
A new volume is root's, and a claim for results is to be written: its files are made the user's own,
unless the cluster chooses the user, and with it the group. */}}
{{- define "agentrig.podSecurityContext" -}}
{{- $context := deepCopy .Values.podSecurityContext -}}
{{- $isKept := include "agentrig.resultsClaim" . -}}
{{- if and $isKept (kindIs "invalid" $context.fsGroup) -}}{{- $_ := set $context "fsGroup" $context.runAsUser -}}{{- end -}}
runAsNonRoot: true
{{- range $field := list "runAsUser" "runAsGroup" "fsGroup" }}
{{- $id := index $context $field }}
{{- if not (kindIs "invalid" $id) }}
{{ $field }}: {{ int64 $id }}
{{- end }}
{{- end }}
{{- if and $isKept (not (kindIs "invalid" $context.fsGroup)) }}
# Not every file anew at each start: there will be many.
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* What no container of the Pod may do. Call: . (root context). */}}
{{- define "agentrig.containerSecurityContext" -}}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
readOnlyRootFilesystem: true
{{- end }}
