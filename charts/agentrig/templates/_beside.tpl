{{/* Containers beside and before the runner, a YAML list that may be empty: the sidecars first, so
that what the others prepare may need them, then what fetches. Call: . (root context). */}}
{{- define "agentrig.initContainers" -}}
{{- range $container := .Values.sidecars }}
{{ include "agentrig.besideContainer" (list $ $container (dict "restartPolicy" "Always")) }}
{{- end }}
{{- include "agentrig.fetchContainers" . }}
{{- range $container := .Values.initContainers }}
{{ include "agentrig.besideContainer" (list $ $container dict) }}
{{- end }}
{{- end }}

{{/* One container of the values, one entry of a YAML list: what it says wins over what
`restricted` demands. Call: (list $ container fields), with fields that it gets besides. */}}
{{- define "agentrig.besideContainer" -}}
{{- $root := index . 0 -}}
{{- $restricted := dict "allowPrivilegeEscalation" false "capabilities" (dict "drop" (list "ALL")) -}}
{{- $container := merge (deepCopy (index . 1)) (index . 2) -}}
{{- $given := $container.securityContext | default dict -}}
{{- $_ := set $container "securityContext" (mergeOverwrite $restricted $given) -}}
{{- include "agentrig.render" (list $root (list $container)) -}}
{{- end }}

{{/* Refuses containers that would not run as the values say. Call: . (root context). */}}
{{- define "agentrig.refuseBeside" -}}
{{- $names := list "runner" "fetch-scenarios" "fetch-packages" -}}
{{- range $value := list "sidecars" "initContainers" -}}
{{- range $container := index $.Values $value -}}
{{- $where := printf "%s: %q" $value $container.name -}}
{{- if has $container.name $names -}}
{{- fail (printf "%s is the name of another container of the Pod: give it one of its own" $where) -}}
{{- end -}}
{{- $names = append $names $container.name -}}
{{- if not (regexMatch "(@sha256:|:[^:/@]+$)" $container.image) -}}
{{- fail (printf "%s has an image without tag and digest, which may be another image at the next run: write %s:VERSION" $where $container.image) -}}
{{- else if hasSuffix ":latest" $container.image -}}
{{- fail (printf "%s has an image with the tag \"latest\", which may be another image at the next run: name a fixed version, or a digest" $where) -}}
{{- end -}}
{{- $limits := ($container.resources).limits | default dict -}}
{{- if not (and $limits.cpu $limits.memory) -}}
{{- fail (printf "%s has no limits of both cpu and memory, so it could starve the agents beside it: write resources: {limits: {cpu: 500m, memory: 128Mi}}" $where) -}}
{{- end -}}
{{- if and (eq $value "sidecars") (ne ($container.restartPolicy | default "Always") "Always") -}}
{{- fail (printf "%s has restartPolicy %q, and a sidecar has Always: remove it, or move the container to initContainers" $where $container.restartPolicy) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
