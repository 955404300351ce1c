{{/* Init containers that fetch, a YAML list that may be empty: scenarios first, as the libraries'
lock may be among them. podFailurePolicy goes by their names. Call: . (root context). */}}
{{- define "agentrig.fetchContainers" -}}
{{- range $name := include "agentrig.fetchNames" . | fromYamlArray }}
- {{ include "agentrig.fetchContainer" (list $ $name) | nindent 2 | trim }}
{{- end }}
{{- end }}

{{/* Names of those containers, a YAML list. Call: . (root context). */}}
{{- define "agentrig.fetchNames" -}}
{{- $names := list -}}
{{- if include "agentrig.isFetched" . -}}{{- $names = append $names "fetch-scenarios" -}}{{- end -}}
{{- if include "agentrig.needsPackages" . -}}{{- $names = append $names "fetch-packages" -}}{{- end -}}
{{- toYaml $names -}}
{{- end }}

{{/* Says by not being empty that libraries are to be installed. Call: . (root context). */}}
{{- define "agentrig.needsPackages" -}}
{{- if or .Values.python.lock .Values.python.requirements -}}yes{{- end -}}
{{- end }}

{{/* One container of the runner's image that fetches. Call: (list $ "fetch-scenarios"). */}}
{{- define "agentrig.fetchContainer" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
name: {{ $name }}
image: {{ include "agentrig.image" $root | quote }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
args:
  {{- include (printf "agentrig.%s.args" $name) $root | nindent 2 }}
{{- with include "agentrig.fetchEnv" . | trim }}
env:
  {{- . | nindent 2 }}
{{- end }}
resources:
  {{- toYaml $root.Values.resources | nindent 2 }}
securityContext:
  {{- include "agentrig.containerSecurityContext" $root | nindent 2 }}
# Why it failed is the last line of its log.
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- if eq $name "fetch-scenarios" }}
  - name: scenarios
    mountPath: {{ include "agentrig.sourceFolder" $root }}
  {{- else }}
  - name: packages
    mountPath: /packages
  {{- with include "agentrig.sourceMounts" $root | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- end }}
  {{- range $volume, $_ := include "agentrig.fetchSecrets" . | fromYaml }}
  - name: {{ $volume }}
    mountPath: /etc/agentrig/{{ $volume }}
    readOnly: true
  {{- end }}
{{- end }}

{{/* Arguments that fetch the scenarios, a YAML list. Call: . (root context). */}}
{{- define "agentrig.fetch-scenarios.args" -}}
{{- $folder := include "agentrig.sourceFolder" . -}}
{{- $isGit := eq (include "agentrig.source" .) "git" -}}
{{- $args := include ($isGit | ternary "agentrig.gitArgs" "agentrig.s3Args") . | fromYamlArray -}}
{{- $args = append $args (printf "--to=%s" $folder) -}}
{{- $args = append $args (printf "--record=%s/.agentrig-source.json" $folder) -}}
{{- $args = append $args (printf "--timeout=%d" (int64 .Values.scenarios.timeoutSeconds)) -}}
{{- toYaml (append $args (printf "--max-bytes=%s" .Values.scenarios.sizeLimit)) -}}
{{- end }}

{{/* What names a repository and who asks, a YAML list. Call: . (root context). */}}
{{- define "agentrig.gitArgs" -}}
{{- $git := include "agentrig.git" . | fromYaml -}}
{{- $args := list "fetch" "git" $git.url (printf "--ref=%s" $git.ref) -}}
{{- with $git.path -}}{{- $args = append $args (printf "--path=%s" .) -}}{{- end -}}
{{- if $git.tokenSecret.name -}}
{{- $args = append $args "--token-file=/etc/agentrig/git/token" -}}
{{- with $git.tokenSecret.username -}}{{- $args = append $args (printf "--username=%s" .) -}}{{- end -}}
{{- else if $git.sshSecret.name -}}
{{- $args = append $args "--ssh-key=/etc/agentrig/git/id" -}}
{{- $args = append $args "--known-hosts=/etc/agentrig/git/known_hosts" -}}
{{- end -}}
{{- toYaml $args -}}
{{- end }}

{{/* What names a folder of a bucket, a YAML list. Call: . (root context). */}}
{{- define "agentrig.s3Args" -}}
{{- $s3 := include "agentrig.s3" . | fromYaml -}}
{{- $args := list "fetch" "s3" (printf "s3://%s/%s" $s3.bucket (trimPrefix "/" $s3.prefix)) -}}
{{- with $s3.endpoint -}}{{- $args = append $args (printf "--endpoint=%s" .) -}}{{- end -}}
{{- with $s3.region -}}{{- $args = append $args (printf "--region=%s" .) -}}{{- end -}}
{{- if $s3.pathStyle -}}{{- $args = append $args "--path-style" -}}{{- end -}}
{{- toYaml $args -}}
{{- end }}

{{/* Arguments that install libraries, a YAML list. Call: . (root context). */}}
{{- define "agentrig.fetch-packages.args" -}}
{{- $args := list "fetch" "packages" "--to=/packages" -}}
{{- with .Values.python.lock -}}
{{- $file := hasPrefix "/" . | ternary . (printf "%s/%s" (include "agentrig.sourceFolder" $) .) -}}
{{- $args = append $args (printf "--requirements=%s" $file) -}}
{{- end -}}
{{- range .Values.python.requirements -}}{{- $args = append $args (printf "--require=%s" .) -}}{{- end -}}
{{- if .Values.python.builds -}}{{- $args = append $args "--builds" -}}{{- end -}}
{{- toYaml $args -}}
{{- end }}
