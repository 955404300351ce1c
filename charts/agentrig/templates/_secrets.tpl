{{/* "true" if the Pod has a folder of secrets, for `agentrig run --secrets`, else empty.
Call: . (root context). */}}
{{- define "agentrig.hasSecrets" -}}
{{- $secrets := .Values.secrets -}}
{{- if or $secrets.existing (include "agentrig.hasExternalSecret" .) $secrets.csi.secretProviderClass -}}
true
{{- end -}}
{{- end }}

{{/* "true" if the External Secrets Operator is to make a Secret, else empty.
Call: . (root context). */}}
{{- define "agentrig.hasExternalSecret" -}}
{{- if or .Values.secrets.external.data .Values.secrets.external.dataFrom -}}
true
{{- end -}}
{{- end }}

{{/* Name of the Secret that the operator makes. Call: . (root context). */}}
{{- define "agentrig.externalSecretName" -}}
{{- tpl .Values.secrets.external.secretName . | default (include "agentrig.componentName" (list . "secrets")) -}}
{{- end }}

{{/* The volume with a file for each secret, of a Pod that has any. Call: . (root context). */}}
{{- define "agentrig.secretsVolume" -}}
{{- $secrets := .Values.secrets -}}
name: secrets
{{- with $secrets.csi.secretProviderClass }}
csi:
  driver: {{ $secrets.csi.driver }}
  readOnly: true
  volumeAttributes:
    secretProviderClass: {{ tpl . $ | quote }}
{{- else }}
projected:
  sources:
    {{- range $secrets.existing }}
    - secret:
        {{- include "agentrig.render" (list $ .) | nindent 8 }}
    {{- end }}
    {{- if include "agentrig.hasExternalSecret" . }}
    - secret:
        name: {{ include "agentrig.externalSecretName" . | quote }}
    {{- end }}
{{- end }}
{{- end }}

{{/* Refuses secrets that nothing could give. Call: . (root context). */}}
{{- define "agentrig.refuseSecrets" -}}
{{- $secrets := .Values.secrets -}}
{{- if and $secrets.csi.secretProviderClass (or $secrets.existing (include "agentrig.hasExternalSecret" .)) -}}
{{- fail "secrets.csi is a volume of its own, which cannot hold other Secrets as well: remove secrets.existing and secrets.external, or have the provider make a Secret (secretObjects) and name it in secrets.existing" -}}
{{- end -}}
{{- if and (include "agentrig.hasExternalSecret" .) (not $secrets.external.store.name) -}}
{{- fail "secrets.external.store.name is missing: set it to the SecretStore of this namespace, or to a ClusterSecretStore with secrets.external.store.kind" -}}
{{- end -}}
{{- end }}
