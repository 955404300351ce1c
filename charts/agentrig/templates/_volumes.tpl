{{/* Volumes of the Pod, a YAML list. Call: . (root context). */}}
{{- define "agentrig.volumes" -}}
- name: results
  emptyDir:
    sizeLimit: {{ .Values.volumes.resultsSizeLimit }}
- name: tmp
  emptyDir:
    sizeLimit: {{ .Values.volumes.tmpSizeLimit }}
{{- include "agentrig.sourceVolumes" . }}
{{- include "agentrig.fetchVolumes" . }}
{{- if include "agentrig.hasSecrets" . }}
- {{ include "agentrig.secretsVolume" . | nindent 2 | trim }}
{{- end }}
{{- include "agentrig.resultsVolumes" . }}
{{- range $name, $mount := .Values.secretMounts }}
- name: secret-{{ $name }}
  secret:
    {{- include "agentrig.render" (list $ (omit $mount "mountPath")) | nindent 4 }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ include "agentrig.render" (list $ .) }}
{{- end }}
{{- end }}

{{/* Where the runner has its volumes, a YAML list of VolumeMount. Call: . (root context). */}}
{{- define "agentrig.volumeMounts" -}}
- name: results
  mountPath: /results
- name: tmp
  mountPath: /tmp
{{- include "agentrig.sourceMounts" . }}
{{- if include "agentrig.needsPackages" . }}
- name: packages
  mountPath: /packages
  readOnly: true
{{- end }}
{{- if include "agentrig.hasSecrets" . }}
- name: secrets
  mountPath: /secrets
  readOnly: true
{{- end }}
{{- include "agentrig.resultsMounts" . }}
{{- range $name, $mount := .Values.secretMounts }}
- name: secret-{{ $name }}
  mountPath: {{ $mount.mountPath | quote }}
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ include "agentrig.render" (list $ .) }}
{{- end }}
{{- end }}

{{/* Refuses volumes that the cluster or another volume stands against. Call: . (root context). */}}
{{- define "agentrig.refuseVolumes" -}}
{{- $names := list "results" "tmp" "scenarios" "secrets" "packages" "ca" "git" "store" "store-ca" "search-ca" "webhook-ca" "webhook" -}}
{{- range $name, $_ := .Values.secretMounts -}}{{- $names = append $names (printf "secret-%s" $name) -}}{{- end -}}
{{- range .Values.extraVolumes -}}
{{- if has .name $names -}}
{{- fail (printf "extraVolumes: %q is the name of another volume of the Pod: give it one of its own" .name) -}}
{{- else if hasKey . "hostPath" -}}
{{- fail (printf "extraVolumes: %q is a folder of the node, which the restricted Pod Security Standard forbids: use a ConfigMap, a Secret or a PersistentVolumeClaim" .name) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- end }}
