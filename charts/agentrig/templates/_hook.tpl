{{/* Annotations that make the Pod a `helm test`, as a map in YAML. Call: . (root context).
Helm 4 reads the log that `--logs` asks for before it deletes the Pod, Helm 3 after that. */}}
{{- define "agentrig.hookAnnotations" -}}
{{- $policy := list "before-hook-creation" -}}
{{- if .Values.hook.deletePolicy -}}
{{- $policy = .Values.hook.deletePolicy -}}
{{- else if semverCompare ">=4.0.0-0" .Capabilities.HelmVersion.Version -}}
{{- $policy = list "before-hook-creation" "hook-succeeded" "hook-failed" -}}
{{- end -}}
helm.sh/hook: test
helm.sh/hook-delete-policy: {{ join "," $policy }}
{{- with .Values.hook.outputLogPolicy }}
helm.sh/hook-output-log-policy: {{ join "," . }}
{{- end }}
{{- end }}
