{{- define "aetherlink.name" -}}
{{- if contains "aetherlink" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-aetherlink" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Labels that never change, for selectors. Expects a dict with "root" and "component". */}}
{{- define "aetherlink.selector" -}}
app.kubernetes.io/name: aetherlink
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "aetherlink.labels" -}}
{{ include "aetherlink.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "aetherlink.secret" -}}
{{- required "existingSecret names the Secret with DATABASE_URL, REDIS_URL, SECRET_KEY, WEB_SECRET_KEY, AETHERLINK_ADMIN_KEY and AETHERLINK_SERVICE_KEY; set it" .Values.existingSecret }}
{{- end }}

{{- define "aetherlink.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "aetherlink.name" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end }}
{{- end }}

{{/* Expects a dict with "root" and "image" (api or web). */}}
{{- define "aetherlink.image" -}}
{{ .root.Values.image.repository }}/{{ .image }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "aetherlink.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "aetherlink.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* Environment of the API, the worker and the migrations. */}}
{{- define "aetherlink.env" -}}
envFrom:
  - configMapRef: { name: {{ include "aetherlink.name" . }}-settings }
  - secretRef: { name: {{ include "aetherlink.secret" . }} }
{{- end }}

{{/* What all pods have: service account, image pull secrets and placement. Expects a dict with "root" and "values". */}}
{{- define "aetherlink.placement" -}}
serviceAccountName: {{ include "aetherlink.serviceAccount" .root }}
automountServiceAccountToken: false
# Otherwise the cluster adds variables such as AETHERLINK_API_PORT, which are not settings.
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}
