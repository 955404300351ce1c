{{/* Refuses sources of scenarios that are none, or more than one. Call: . (root context). */}}
{{- define "agentrig.refuseScenarios" -}}
{{- include "agentrig.refuseInline" . -}}
{{- $scenarios := .Values.scenarios -}}
{{- $sources := dict "inline" $scenarios.inline "configMap" $scenarios.configMap.name "pvc" $scenarios.pvc.claimName "git" $scenarios.git.url "s3" $scenarios.s3.bucket -}}
{{- $named := list -}}
{{- range $name, $value := $sources -}}
{{- if $value -}}{{- $named = append $named (printf "scenarios.%s" $name) -}}{{- end -}}
{{- end -}}
{{- if gt (len $named) 1 -}}
{{- fail (printf "%s are set, and a run has one source of scenarios: keep one, and install the chart once more for the other" (join " and " $named)) -}}
{{- end -}}
{{- include "agentrig.refuseGit" . -}}
{{- if and (not $scenarios.s3.bucket) (or $scenarios.s3.prefix $scenarios.s3.endpoint $scenarios.s3.credentialsSecret.name) -}}
{{- fail "scenarios.s3 has no bucket: set scenarios.s3.bucket, or remove the rest" -}}
{{- end -}}
{{- $lock := .Values.python.lock -}}
{{- if and $lock (not (hasPrefix "/" $lock)) (not (include "agentrig.source" .)) -}}
{{- fail (printf "python.lock %q is a path within a source, and the scenarios come from the image: write an absolute path, or set one of `scenarios`" $lock) -}}
{{- end -}}
{{- end }}

{{/* Refuses a repository that cannot be fetched as the values say. Call: . (root context). */}}
{{- define "agentrig.refuseGit" -}}
{{- $git := include "agentrig.git" . | fromYaml -}}
{{- $overSsh := and $git.url (not (regexMatch "^https?://" $git.url)) -}}
{{- if and (not $git.url) (or $git.ref $git.path $git.tokenSecret.name $git.sshSecret.name) -}}
{{- fail "scenarios.git has no url: set scenarios.git.url, or remove the rest" -}}
{{- else if and $git.url (not $git.ref) -}}
{{- fail "scenarios.git.ref is missing, and nobody would know what was tested: set it to a branch, a tag or a commit" -}}
{{- else if regexMatch "://[^/@]*:[^/@]*@|^https?://[^/@]*@" $git.url -}}
{{- fail "scenarios.git.url holds a credential, which everybody could read in the Pod's spec: keep it in a Secret, and name that in scenarios.git.tokenSecret" -}}
{{- else if and $git.tokenSecret.name $git.sshSecret.name -}}
{{- fail "scenarios.git has a tokenSecret and an sshSecret: keep the one that the url needs" -}}
{{- else if and $overSsh (not $git.sshSecret.name) -}}
{{- fail (printf "scenarios.git.url %q is reached by SSH, which needs a key and the host's: set scenarios.git.sshSecret.name" $git.url) -}}
{{- else if and $git.sshSecret.name (not $overSsh) -}}
{{- fail (printf "scenarios.git.url %q is not reached by SSH: set scenarios.git.tokenSecret instead of sshSecret, or write ssh://USER@HOST/PATH" $git.url) -}}
{{- else if and $git.tokenSecret.name (hasPrefix "http://" $git.url) -}}
{{- fail (printf "scenarios.git.url %q would send the token in the clear: write https://" $git.url) -}}
{{- end -}}
{{- end }}

{{/* Refuses inline scenarios that no ConfigMap can hold. Call: . (root context). */}}
{{- define "agentrig.refuseInline" -}}
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
{{- fail (printf "scenarios.inline holds %d bytes, and a ConfigMap or a Helm release ends at 1 MiB: take them from scenarios.git, s3, pvc or configMap, or build an image FROM agentrig that holds them and name them in run.paths" $bytes) -}}
{{- end -}}
{{- end }}
