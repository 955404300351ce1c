{{/* Environment of a container that fetches: the runner's proxies, and the credentials that it
alone needs. A YAML list that may be empty. Call: (list $ "fetch-scenarios"). */}}
{{- define "agentrig.fetchEnv" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- range $variable := list "HTTPS_PROXY" "HTTP_PROXY" "NO_PROXY" }}
{{- with index $root.Values.env $variable }}
- name: {{ $variable }}
  {{- include "agentrig.render" (list $root (kindIs "string" . | ternary (dict "value" .) (dict "valueFrom" .))) | nindent 2 }}
{{- end }}
{{- end }}
{{- if $root.Values.scenarios.caSecret.name }}
- name: SSL_CERT_FILE
  value: /etc/agentrig/ca/ca.crt
{{- end }}
{{- $keys := dict -}}
{{- $secret := "" -}}
{{- if eq $name "fetch-packages" -}}
{{- $secret = $root.Values.python.indexSecret.name -}}
{{- $keys = dict "AGENTRIG_FETCH_PACKAGES_INDEX" $root.Values.python.indexSecret.key -}}
{{- else if eq (include "agentrig.source" $root) "s3" -}}
{{- $s3 := $root.Values.scenarios.s3.credentialsSecret -}}
{{- $secret = $s3.name -}}
{{- $keys = dict "AWS_ACCESS_KEY_ID" $s3.accessKeyId "AWS_SECRET_ACCESS_KEY" $s3.secretAccessKey "AWS_SESSION_TOKEN" $s3.sessionToken -}}
{{- end -}}
{{- range $variable, $key := $keys }}
{{- if and $secret $key }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      {{- include "agentrig.render" (list $root (dict "name" $secret "key" $key)) | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}

{{/* Secrets that a container that fetches has as files: volume → its source, a map in YAML.
Call: (list $ "fetch-scenarios"). */}}
{{- define "agentrig.fetchSecrets" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $secrets := dict -}}
{{- $ca := $root.Values.scenarios.caSecret -}}
{{- if $ca.name -}}
{{- $_ := set $secrets "ca" (dict "secretName" $ca.name "items" (list (dict "key" $ca.key "path" "ca.crt"))) -}}
{{- end -}}
{{- if and (eq $name "fetch-scenarios") (eq (include "agentrig.source" $root) "git") -}}
{{- $token := $root.Values.scenarios.git.tokenSecret -}}
{{- $ssh := $root.Values.scenarios.git.sshSecret -}}
{{- if $token.name -}}
{{- $_ := set $secrets "git" (dict "secretName" $token.name "items" (list (dict "key" $token.key "path" "token"))) -}}
{{- else if $ssh.name -}}
{{- $items := list (dict "key" $ssh.privateKey "path" "id") (dict "key" $ssh.knownHosts "path" "known_hosts") -}}
{{- $_ := set $secrets "git" (dict "secretName" $ssh.name "items" $items) -}}
{{- end -}}
{{- end -}}
{{- include "agentrig.render" (list $root $secrets) -}}
{{- end }}

{{/* Volumes of what fetches, a YAML list that may be empty. Call: . (root context). */}}
{{- define "agentrig.fetchVolumes" -}}
{{- if include "agentrig.needsPackages" . }}
- name: packages
  emptyDir:
    sizeLimit: {{ .Values.python.sizeLimit }}
{{- end }}
{{- $secrets := dict -}}
{{- range $name := include "agentrig.fetchNames" . | fromYamlArray -}}
{{- $secrets = merge $secrets (include "agentrig.fetchSecrets" (list $ $name) | fromYaml) -}}
{{- end -}}
{{- range $volume, $secret := $secrets }}
- name: {{ $volume }}
  secret:
    {{- toYaml $secret | nindent 4 }}
{{- end }}
{{- end }}
