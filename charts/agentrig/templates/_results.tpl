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

{{/* "true" where other runs' results lie beside this one's, so that its id must be its own in all
clusters and for all times, else empty. Call: . (root context). */}}
{{- define "agentrig.isKept" -}}
{{- if include "agentrig.storeUrl" . -}}true{{- end -}}
{{- end }}

{{/* Environment of what becomes of results, a YAML list that may be empty. Call: . (root context). */}}
{{- define "agentrig.resultsEnv" -}}
{{- with tpl .Values.results.commit . }}
- name: AGENTRIG_RUN_COMMIT
  value: {{ . | quote }}
{{- end }}
{{- include "agentrig.storeEnv" . }}
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
{{- range $name, $text := $texts }}
{{- with $text }}
- name: {{ $name }}
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- $secret := $store.credentialsSecret -}}
{{- $keys := dict "AWS_ACCESS_KEY_ID" $secret.accessKeyId "AWS_SECRET_ACCESS_KEY" $secret.secretAccessKey "AWS_SESSION_TOKEN" $secret.sessionToken -}}
{{- include "agentrig.secretEnv" (list $secret.name $keys) }}
{{- end }}

{{/* Variables from one Secret, a YAML list that may be empty. Call: (list "SECRET" (dict "VARIABLE"
"key")); what has no key is left out. */}}
{{- define "agentrig.secretEnv" -}}
{{- $secret := index . 0 -}}
{{- range $variable, $key := index . 1 }}
{{- if and $secret $key }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret | quote }}
      key: {{ $key | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Files that results are sent with: volume → where it is from, a map in YAML; each is mounted at
/etc/agentrig/VOLUME. Call: . (root context). */}}
{{- define "agentrig.resultsFiles" -}}
{{- $store := include "agentrig.store" . | fromYaml -}}
{{- $files := dict -}}
{{- if include "agentrig.caName" $store.ca -}}
{{- $_ := set $files "store-ca" (include "agentrig.caSource" $store.ca | fromYaml) -}}
{{- end -}}
{{- toYaml $files -}}
{{- end }}

{{/* The ConfigMap or Secret that authorities are in, empty for none. Call: map with `configMap`,
`secret` and `key`. */}}
{{- define "agentrig.caName" -}}
{{- .configMap | default .secret -}}
{{- end }}

{{/* The volume's source of authorities, a map in YAML. Call: as above. */}}
{{- define "agentrig.caSource" -}}
{{- $items := list (dict "key" .key "path" "ca.crt") -}}
{{- if .configMap -}}
{{- dict "configMap" (dict "name" .configMap "items" $items) | toYaml -}}
{{- else -}}
{{- dict "secret" (dict "secretName" .secret "items" $items) | toYaml -}}
{{- end -}}
{{- end }}

{{/* Volumes of results that leave the Pod, a YAML list that may be empty. Call: . (root context). */}}
{{- define "agentrig.resultsVolumes" -}}
{{- with include "agentrig.resultsClaim" . }}
- name: store
  persistentVolumeClaim:
    claimName: {{ . | quote }}
{{- end }}
{{- range $volume, $source := include "agentrig.resultsFiles" . | fromYaml }}
- name: {{ $volume }}
  {{- toYaml $source | nindent 2 }}
{{- end }}
{{- end }}

{{/* Where the runner has them, likewise. Call: . (root context). */}}
{{- define "agentrig.resultsMounts" -}}
{{- if include "agentrig.resultsClaim" . }}
- name: store
  mountPath: /store
{{- end }}
{{- range $volume, $_ := include "agentrig.resultsFiles" . | fromYaml }}
- name: {{ $volume }}
  mountPath: /etc/agentrig/{{ $volume }}
  readOnly: true
{{- end }}
{{- end }}
