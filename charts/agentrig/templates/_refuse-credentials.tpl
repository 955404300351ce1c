{{/* Refuses credentials that stand in values, other than in `env`. Call: . (root context). */}}
{{- define "agentrig.refuseCredentials" -}}
{{- range $index, $arg := .Values.run.args -}}
{{- if include "agentrig.looksLikeCredential" (list "" (regexReplaceAll "^-[^=]*=" $arg "")) -}}
{{- fail (printf "run.args[%d] looks like a credential in plain text, which `helm get values` would show: keep it in a Secret of secrets.existing, and let scenarios say ${secret.NAME}" $index) -}}
{{- end -}}
{{- end -}}
{{- range $value := list "sidecars" "initContainers" -}}
{{- range $container := index $.Values $value -}}
{{- range $container.env -}}
{{- if include "agentrig.looksLikeCredential" (list .name (.value | default "")) -}}
{{- fail (printf "%s: %q: env %s looks like a credential in plain text, which `helm get values` would show: keep it in a Secret and write {name: %s, valueFrom: {secretKeyRef: {name: SECRET, key: KEY}}}" $value $container.name .name .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $index, $object := .Values.extraObjects -}}
{{- include "agentrig.refusePlainSecret" (list $index $object) -}}
{{- end -}}
{{- end }}

{{/* Refuses a Secret with contents in plain text; what a template makes of them may be random, or
another value's affair. Call: (list 0 OBJECT), the object as text or as a map. */}}
{{- define "agentrig.refusePlainSecret" -}}
{{- $object := index . 1 -}}
{{- $text := kindIs "string" $object | ternary $object (toYaml $object) -}}
{{- $plain := regexReplaceAll "\\{\\{[^}]*\\}\\}" $text "TEMPLATE" | fromYaml -}}
{{- if eq ($plain.kind | default "") "Secret" -}}
{{- range $field := list "data" "stringData" -}}
{{- range $key, $content := index $plain $field -}}
{{- if and $content (not (contains "TEMPLATE" (toString $content))) -}}
{{- fail (printf "extraObjects[%d] is a Secret with %s.%s in plain text, which `helm get values` would show: make it apart from the release, have the External Secrets Operator make it (secrets.external), or let a template do so, such as '{{ randAlphaNum 20 }}'" (index $ 0) $field $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* "true" if a text, or the name of a variable that has it, looks like a credential, else empty.
Call: (list "NAME" "text"). */}}
{{- define "agentrig.looksLikeCredential" -}}
{{- $text := index . 1 -}}
{{- $word := index . 0 | upper | replace "-" "_" | replace "." "_" -}}
{{- $named := regexMatch "(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_KEY|ACCESS_KEY_ID|PRIVATE_KEY|CREDENTIALS?)$" $word -}}
{{- $shaped := regexMatch "^(sk-|gh[pousr]_|github_pat_|xox[abpr]-|AKIA[0-9A-Z]{16}$|-----BEGIN )|://[^/@:]*:[^/@]+@" $text -}}
{{- if and $text (or $named $shaped) -}}
true
{{- end -}}
{{- end }}
