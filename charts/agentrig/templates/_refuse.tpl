{{/* Ends the render with a way out where a value would make runs that cannot be trusted.
Call: . (root context). What only types and patterns tell, the schema refuses before this. */}}
{{- define "agentrig.refuse" -}}
{{- include "agentrig.refuseImage" . -}}
{{- include "agentrig.refuseUnbounded" . -}}
{{- include "agentrig.refuseEnv" . -}}
{{- include "agentrig.refuseTargets" . -}}
{{- include "agentrig.refuseScenarios" . -}}
{{- if and .Values.rbac.rules (not .Values.serviceAccount.create) (not .Values.serviceAccount.name) -}}
{{- fail "rbac.rules would be granted to the namespace's default account, so to every pod without one: set serviceAccount.create=true, or serviceAccount.name" -}}
{{- end -}}
{{- end }}

{{/* Refuses an image that may be another one tomorrow. Call: . (root context). */}}
{{- define "agentrig.refuseImage" -}}
{{- $image := .Values.image -}}
{{- if not $image.digest -}}
{{- if not $image.tag -}}
{{- fail "image.tag is empty, and so is image.digest: set image.tag to a fixed version such as \"0.1.0\", or image.digest to \"sha256:...\"" -}}
{{- else if eq (lower $image.tag) "latest" -}}
{{- fail "image.tag \"latest\" may be another image at the next run: set image.tag to a fixed version such as \"0.1.0\", or image.digest to \"sha256:...\"" -}}
{{- end -}}
{{- end -}}
{{- if regexMatch "(@|:[^/]*$)" $image.repository -}}
{{- fail (printf "image.repository %q holds a tag or digest: move it to image.tag or image.digest" $image.repository) -}}
{{- end -}}
{{- end }}

{{/* Refuses runs without an end or a size. Call: . (root context). */}}
{{- define "agentrig.refuseUnbounded" -}}
{{- if not .Values.job.activeDeadlineSeconds -}}
{{- fail "job.activeDeadlineSeconds is missing, so a hung run would never end: set it to the seconds that a whole run may take, such as 1800" -}}
{{- end -}}
{{- if kindIs "invalid" .Values.job.ttlSecondsAfterFinished -}}
{{- fail "job.ttlSecondsAfterFinished is missing, so finished runs would pile up: set it to the seconds to keep them, such as 86400" -}}
{{- end -}}
{{- if kindIs "invalid" .Values.job.backoffLimit -}}
{{- fail "job.backoffLimit is missing, and Kubernetes would try 6 times more: set it to the retries after infrastructure errors, such as 1" -}}
{{- end -}}
{{- $limits := (.Values.resources).limits | default dict -}}
{{- range $resource, $example := dict "cpu" "1" "memory" "256Mi" -}}
{{- if not (index $limits $resource) -}}
{{- fail (printf "resources.limits.%s is missing, so tests could starve the agents beside them: set it, for example to %q" $resource $example) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Refuses environment that cannot be set, or should not stand in values.
Call: . (root context). */}}
{{- define "agentrig.refuseEnv" -}}
{{- $ownNames := list "AGENTRIG_RUN_TARGETS" -}}
{{- range include "agentrig.ownEnv" . | fromYamlArray -}}{{- $ownNames = append $ownNames .name -}}{{- end -}}
{{- range $name, $value := .Values.env -}}
{{- if not (regexMatch "^[A-Za-z_][A-Za-z0-9_.-]*$" $name) -}}
{{- fail (printf "env: %q is no name of a variable: use letters, digits and '_', and no digit first" $name) -}}
{{- else if has $name $ownNames -}}
{{- fail (printf "env.%s is set by the chart: remove it, and see the values under `run`" $name) -}}
{{- else if not (or (kindIs "string" $value) (kindIs "map" $value)) -}}
{{- fail (printf "env.%s is no text, and YAML may write it otherwise than you did: put it in quotes, or use --set-string" $name) -}}
{{- else if kindIs "string" $value -}}
{{- include "agentrig.refuseCredential" (list $name $value) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Refuses one literal that looks like a credential. Call: (list "NAME" "text"). */}}
{{- define "agentrig.refuseCredential" -}}
{{- $name := index . 0 -}}
{{- $text := index . 1 -}}
{{- $word := $name | upper | replace "-" "_" | replace "." "_" -}}
{{- $named := regexMatch "(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_KEY|ACCESS_KEY_ID|PRIVATE_KEY|CREDENTIALS?)$" $word -}}
{{- $shaped := regexMatch "^(sk-|gh[pousr]_|github_pat_|xox[abpr]-|AKIA[0-9A-Z]{16}$|-----BEGIN )|://[^/@:]*:[^/@]+@" $text -}}
{{- if and $text (or $named $shaped) -}}
{{- fail (printf "env.%s looks like a credential in plain text, which `helm get values` would show: keep it in a Secret and write env.%s: {secretKeyRef: {name: SECRET, key: KEY}}" $name $name) -}}
{{- end -}}
{{- end }}

{{/* Refuses targets that name no URL, or hold a password. Call: . (root context). */}}
{{- define "agentrig.refuseTargets" -}}
{{- range $name, $url := .Values.run.targets -}}
{{- if not (regexMatch "^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$" $name) -}}
{{- fail (printf "run.targets: %q names no target: write NAME, or AGENT/NAME" $name) -}}
{{- else if not (regexMatch "^https?://[^/]" $url) -}}
{{- fail (printf "run.targets.%s is %q, which is no URL: write http://HOST:PORT" $name $url) -}}
{{- else if regexMatch "://[^/@]*@" $url -}}
{{- fail (printf "run.targets.%s holds a user name or password: keep it in a Secret, set it by env.NAME.secretKeyRef, and send it as a header of the scenario" $name) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Refuses inline scenarios that no ConfigMap can hold. Call: . (root context). */}}
{{- define "agentrig.refuseScenarios" -}}
{{- $bytes := 0 -}}
{{- range $file, $content := .Values.scenarios.inline -}}
{{- if not (regexMatch "^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$" $file) -}}
{{- fail (printf "scenarios.inline: %q is no file name for a ConfigMap: use letters, digits, '.', '_' and '-', and no folders" $file) -}}
{{- end -}}
{{- if not (regexMatch "\\.[A-Za-z0-9]+$" $file) -}}
{{- fail (printf "scenarios.inline: %q has no suffix, so nothing would read it: name scenarios NAME.yaml and Python modules test_NAME.py" $file) -}}
{{- end -}}
{{- $bytes = add $bytes (len $file) (len $content) -}}
{{- end -}}
{{- if gt $bytes 1000000 -}}
{{- fail (printf "scenarios.inline holds %d bytes, and a ConfigMap or a Helm release ends at 1 MiB: build an image FROM agentrig that holds the scenarios, and name them in run.paths" $bytes) -}}
{{- end -}}
{{- end }}
