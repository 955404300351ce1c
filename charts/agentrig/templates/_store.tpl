{{/* `results.store` with the templates in its texts executed, as YAML. Call: . (root context). */}}
{{- define "agentrig.store" -}}
{{- include "agentrig.render" (list . .Values.results.store) -}}
{{- end }}

{{/* Where the run is kept: a bucket, a folder of the volume, or nothing. Call: . (root context). */}}
{{- define "agentrig.storeUrl" -}}
{{- $store := include "agentrig.store" . | fromYaml -}}
{{- $store.url | default (empty (include "agentrig.resultsClaim" .) | ternary "" "/store") -}}
{{- end }}

{{/* Name of the claim for results, empty for none. Call: . (root context). */}}
{{- define "agentrig.resultsClaim" -}}
{{- $persistence := .Values.results.persistence -}}
{{- if $persistence.create -}}
{{- include "agentrig.componentName" (list . "results") -}}
{{- else -}}
{{- tpl $persistence.existingClaim . -}}
{{- end -}}
{{- end }}

{{/* Environment of the store, a YAML list that may be empty. Call: . (root context). */}}
{{- define "agentrig.storeEnv" -}}
{{- with include "agentrig.storeUrl" . }}
- name: AGENTRIG_RUN_STORE
  value: {{ . | quote }}
{{- end }}
{{- $store := include "agentrig.store" . | fromYaml -}}
{{- $texts := dict "AWS_ENDPOINT_URL_S3" $store.endpoint "AWS_REGION" $store.region "AGENTRIG_STORE_KMS_KEY" $store.kmsKeyId -}}
{{- if $store.pathStyle -}}{{- $_ := set $texts "AGENTRIG_STORE_PATH_STYLE" "true" -}}{{- end -}}
{{- if include "agentrig.caName" $store.ca -}}{{- $_ := set $texts "AWS_CA_BUNDLE" "/etc/agentrig/store-ca/ca.crt" -}}{{- end -}}
{{- include "agentrig.textEnv" $texts }}
{{- $secret := $store.credentialsSecret -}}
{{- $keys := dict "AWS_ACCESS_KEY_ID" $secret.accessKeyId "AWS_SECRET_ACCESS_KEY" $secret.secretAccessKey "AWS_SESSION_TOKEN" $secret.sessionToken -}}
{{- include "agentrig.secretEnv" (list $secret.name $keys) }}
{{- end }}

{{/* Where a person finds a run that is kept. Call: (list $ "RUN"). */}}
{{- define "agentrig.keptNote" -}}
{{- $root := index . 0 -}}
{{- $place := printf "%s/runs/%s" (include "agentrig.storeUrl" $root | trimSuffix "/") (index . 1) -}}
{{- if hasPrefix "s3://" $place -}}
agentrig report {{ $place }} --results results
{{- else -}}
{{ $place }}{{ with include "agentrig.resultsClaim" $root }} of the claim {{ . }}{{ end }}
{{- end -}}
{{- end }}
