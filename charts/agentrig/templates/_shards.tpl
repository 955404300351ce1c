{{/* Says "true" where the run is split into shards, else nothing. Call: . (root context).
Helm 3.18.0 holds numbers as texts, and there 0 would be true. */}}
{{- define "agentrig.isSharded" -}}
{{- if and (int64 .Values.shards.count) (has .Values.mode (list "sharded" "cronjob")) -}}true{{- end -}}
{{- end }}

{{/* Fields of a Job that is split into shards. Without a `backoffLimit` Kubernetes counts each
shard's failures alone. Call: . (root context). */}}
{{- define "agentrig.shardFields" -}}
{{- $shards := .Values.shards -}}
completionMode: Indexed
completions: {{ int64 $shards.count }}
parallelism: {{ $shards.parallelism | default $shards.count | int64 }}
backoffLimitPerIndex: {{ int64 $shards.backoffLimitPerIndex }}
{{- range $field := list "maxFailedIndexes" "backoffLimit" }}
{{- $number := index $shards $field }}
{{- if not (kindIs "invalid" $number) }}
{{ $field }}: {{ int64 $number }}
{{- end }}
{{- end }}
{{- end }}

{{/* Refuses shards that would never run, and split runs that cannot be. Call: . (root context). */}}
{{- define "agentrig.refuseShards" -}}
{{- $count := int64 .Values.shards.count -}}
{{- if and (eq .Values.mode "sharded") (not $count) -}}
{{- fail "mode=sharded needs shards.count: set it to the number of Pods that share the scenarios, such as 4" -}}
{{- else if and $count (eq .Values.mode "job") -}}
{{- fail (printf "mode=job runs one Pod, and shards.count is %d: set mode=sharded, or shards.count=0" $count) -}}
{{- else if and $count (eq .Values.mode "hook") -}}
{{- fail (printf "`helm test` runs one Pod, and shards.count is %d: set shards.count=0, or mode=sharded" $count) -}}
{{- end -}}
{{- if include "agentrig.isSharded" . -}}
{{- if kindIs "invalid" .Values.shards.backoffLimitPerIndex -}}
{{- fail "shards.backoffLimitPerIndex is missing, and one shard's trouble would end them all: set it to the retries of each shard, such as 1" -}}
{{- end -}}
{{- if gt (.Values.shards.maxFailedIndexes | default 0 | int64) $count -}}
{{- fail (printf "shards.maxFailedIndexes is %d of %d shards: set it below shards.count, or to null" (int64 .Values.shards.maxFailedIndexes) $count) -}}
{{- end -}}
{{- range .Values.run.args -}}
{{- if regexMatch "^--shard(=|$)" . -}}
{{- fail "run.args: --shard is set by the chart, from shards.count: remove it" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
