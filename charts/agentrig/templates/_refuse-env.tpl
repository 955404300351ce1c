{{/* Refuses environment that cannot be set, or should not stand in values.
Call: . (root context). */}}
{{- define "agentrig.refuseEnv" -}}
{{- $ownNames := list "AGENTRIG_RUN_TARGETS" "AGENTRIG_RUN_LABEL" "AGENTRIG_RUN_WEBHOOK" -}}
{{- range include "agentrig.ownEnv" . | fromYamlArray -}}{{- $ownNames = append $ownNames .name -}}{{- end -}}
{{- range $name, $value := .Values.env -}}
{{- if not (regexMatch "^[A-Za-z_][A-Za-z0-9_.-]*$" $name) -}}
{{- fail (printf "env: %q is no name of a variable: use letters, digits and '_', and no digit first" $name) -}}
{{- else if has $name $ownNames -}}
{{- fail (printf "env.%s is set by the chart: remove it, and see the values under `run` and `results`" $name) -}}
{{- else if not (or (kindIs "string" $value) (kindIs "map" $value)) -}}
{{- fail (printf "env.%s is no text, and YAML may write it otherwise than you did: put it in quotes, or use --set-string" $name) -}}
{{- else if and (kindIs "string" $value) (include "agentrig.looksLikeCredential" (list $name $value)) -}}
{{- fail (printf "env.%s looks like a credential in plain text, which `helm get values` would show: keep it in a Secret and write env.%s: {secretKeyRef: {name: SECRET, key: KEY}}" $name $name) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Refuses targets that name no URL, or hold a password. Call: . (root context). */}}
{{- define "agentrig.refuseTargets" -}}
{{- range $name, $url := include "agentrig.targets" . | fromYaml -}}
{{- if not (regexMatch "^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$" $name) -}}
{{- fail (printf "run.targets: %q names no target: write NAME, or AGENT/NAME" $name) -}}
{{- else if not (regexMatch "^https?://[^/]" $url) -}}
{{- fail (printf "run.targets.%s is %q, which is no URL: write http://HOST:PORT" $name $url) -}}
{{- else if regexMatch "://[^/@]*@" $url -}}
{{- fail (printf "run.targets.%s holds a user name or password: keep it in a Secret, set it by env.NAME.secretKeyRef, and send it as a header of the scenario" $name) -}}
{{- end -}}
{{- end -}}
{{- end }}
