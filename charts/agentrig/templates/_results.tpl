{{/* "true" where other runs' results lie beside this one's, so that its id must be its own in all
clusters and for all times, else empty. Call: . (root context). */}}
{{- define "agentrig.isKept" -}}
{{- if or (include "agentrig.storeUrl" .) .Values.results.search.url -}}true{{- end -}}
{{- end }}

{{/* Environment of what becomes of results, a YAML list that may be empty. Call: . (root context). */}}
{{- define "agentrig.resultsEnv" -}}
{{- include "agentrig.textEnv" (dict "AGENTRIG_RUN_COMMIT" (tpl .Values.results.commit .)) }}
{{- include "agentrig.storeEnv" . }}
{{- include "agentrig.searchEnv" . }}
{{- include "agentrig.webhookEnv" . }}
{{- end }}

{{/* Files that sending results needs: volume → its source, a map in YAML; each is mounted at
/etc/agentrig/VOLUME. Call: . (root context). */}}
{{- define "agentrig.resultsFiles" -}}
{{- $files := dict -}}
{{- range $volume, $values := dict "store-ca" (include "agentrig.store" .) "search-ca" (include "agentrig.search" .) "webhook-ca" (include "agentrig.webhook" .) -}}
{{- with include "agentrig.caSource" ($values | fromYaml).ca | fromYaml -}}
{{- $_ := set $files $volume . -}}
{{- end -}}
{{- end -}}
{{- if include "agentrig.hasWebhook" . -}}
{{- with include "agentrig.webhookTemplate" . | fromYaml -}}
{{- $_ := set $files "webhook" (dict "configMap" (dict "name" .name "items" (list (dict "key" .key "path" "template")))) -}}
{{- end -}}
{{- end -}}
{{- toYaml $files -}}
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

{{/* The ConfigMap or Secret that authorities are in, empty for none. Call: map with `configMap`,
`secret` and `key`. */}}
{{- define "agentrig.caName" -}}
{{- .configMap | default .secret -}}
{{- end }}

{{/* The volume's source of authorities, a map in YAML that may be empty. Call: as above. */}}
{{- define "agentrig.caSource" -}}
{{- $items := list (dict "key" .key "path" "ca.crt") -}}
{{- if .configMap -}}
{{- dict "configMap" (dict "name" .configMap "items" $items) | toYaml -}}
{{- else if .secret -}}
{{- dict "secret" (dict "secretName" .secret "items" $items) | toYaml -}}
{{- end -}}
{{- end }}

{{/* Variables of plain texts, a YAML list that may be empty; what is empty is left out.
Call: (dict "VARIABLE" "text"). */}}
{{- define "agentrig.textEnv" -}}
{{- range $name, $text := . }}
{{- with $text }}
- name: {{ $name }}
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Variables from one Secret, a YAML list that may be empty; what has no key is left out.
Call: (list "SECRET" (dict "VARIABLE" "key")). */}}
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
