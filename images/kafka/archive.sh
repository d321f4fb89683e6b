# Runs Kafka once while the image is built, to format its storage and to archive its loaded classes: a start of
# the image then takes a third of the time.
set -eu
export KAFKA_NODE_ID=1 KAFKA_PROCESS_ROLES=broker,controller KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER
export KAFKA_LISTENERS=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093
export KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
export KAFKA_CONTROLLER_QUORUM_VOTERS=1@127.0.0.1:9093
export KAFKA_BROKER_HEARTBEAT_INTERVAL_MS=100
sh /opt/kafka/entrypoint.sh format
cp -r "$KAFKA_LOG_DIRS" /tmp/formatted

sed 's/-XX:SharedArchiveFile=/-XX:ArchiveClassesAtExit=/' /opt/kafka/entrypoint.sh > /tmp/recording.sh
export KAFKA_JVM_PERFORMANCE_OPTS='-XX:+UseSerialGC -XX:TieredStopAtLevel=1'
sh /tmp/recording.sh > /tmp/recording.log 2>&1 &
started=0
while ! grep -q 'Kafka Server started' /tmp/recording.log; do
  started=$((started + 1))
  if [ "$started" -gt 1200 ]; then
    cat /tmp/recording.log
    exit 1
  fi
  sleep 0.1
done
kill "$!"
wait "$!" || true
rm -rf "$KAFKA_LOG_DIRS"
mv /tmp/formatted "$KAFKA_LOG_DIRS"
rm -f /tmp/recording.* /tmp/server.properties
ls -l /opt/kafka/kafka.jsa
