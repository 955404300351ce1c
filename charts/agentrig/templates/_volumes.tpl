{{/* Volumes of the Pod, a YAML list. Call: . (root context). */}}
{{- define "agentrig.volumes" -}}
- name: results
  emptyDir:
    sizeLimit: {{ .Values.volumes.resultsSizeLimit }}
- name: tmp
  emptyDir:
    sizeLimit: {{ .Values.volumes.tmpSizeLimit }}
{{- if .Values.scenarios.inline }}
- name: scenarios
  configMap:
    name: {{ include "agentrig.componentName" (list . "scenarios") }}
{{- end }}
{{- range $name, $mount := .Values.secretMounts }}
- name: secret-{{ $name }}
  secret:
    {{- omit $mount "mountPath" | toYaml | nindent 4 }}
{{- end }}
{{- end }}

{{/* Where the runner has its volumes, a YAML list of VolumeMount. Call: . (root context). */}}
{{- define "agentrig.volumeMounts" -}}
- name: results
  mountPath: /results
- name: tmp
  mountPath: /tmp
{{- if .Values.scenarios.inline }}
- name: scenarios
  mountPath: /scenarios/inline
  readOnly: true
{{- end }}
{{- range $name, $mount := .Values.secretMounts }}
- name: secret-{{ $name }}
  mountPath: {{ $mount.mountPath | quote }}
  readOnly: true
{{- end }}
{{- end }}
