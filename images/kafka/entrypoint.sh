# Like the official image: KAFKA_SOME_NAME=value is the setting some.name=value; the process is Kafka itself.
set -eu
settings=/tmp/server.properties
env | sed -n 's/^KAFKA_\([A-Z0-9_]*\)=\(.*\)$/\1 \2/p' | while read -r name value; do
  case "$name" in
    HEAP_OPTS | JVM_PERFORMANCE_OPTS | OPTS | LOG4J_OPTS) ;;
    *) printf '%s=%s\n' "$(printf %s "$name" | tr 'A-Z_' 'a-z.')" "$value" ;;
  esac
done > "$settings"
java() {
  # shellcheck disable=SC2086 - several options in one variable
  exec /usr/bin/java ${KAFKA_HEAP_OPTS:--Xmx320m} ${KAFKA_JVM_PERFORMANCE_OPTS:-} \
    -XX:SharedArchiveFile=/opt/kafka/kafka.jsa -Xlog:cds=off -Xlog:cds+dynamic=off \
    -Dlog4j.configuration=file:/opt/kafka/log4j.properties ${KAFKA_OPTS:-} \
    -cp '/opt/kafka/libs/*' "$@"
}
if ! [ -e "$KAFKA_LOG_DIRS/meta.properties" ]; then
  (java kafka.tools.StorageTool format --cluster-id "$CLUSTER_ID" --config "$settings")
fi
[ "${1:-serve}" = format ] || java kafka.Kafka "$settings"
