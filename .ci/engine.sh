# Sourced: `need_engine` makes a Docker engine answer, `stop_engine` stops it if we started it; `need_browser` brings Chromium.

engine_pid=
engine_log=

need_engine() {
  if docker version > /dev/null 2>&1; then
    _install debootstrap
    return
  fi
  if [ "$(id -u)" != 0 ]; then
    echo "no Docker engine answers this user, and only root can start one" >&2
    return 1
  fi
  _install debootstrap dockerd docker
  engine_log=$(mktemp)
  dockerd ${DOCKERD_OPTIONS:-} > "$engine_log" 2>&1 &
  engine_pid=$!
  for _ in $(seq 300); do
    if docker version > /dev/null 2>&1; then
      return
    fi
    if ! kill -0 "$engine_pid" 2> /dev/null; then
      break
    fi
    sleep 0.1
  done
  echo "the Docker engine did not start:" >&2
  tail -20 "$engine_log" >&2
  return 1
}

need_browser() {
  _install chromium
  if ! command -v chromium > /dev/null; then
    echo "there is no Chromium, and only root can install it" >&2
    return 1
  fi
}

stop_engine() {
  if [ -n "$engine_pid" ]; then
    kill "$engine_pid" 2> /dev/null || true
    wait "$engine_pid" || true
    engine_pid=
    rm -f "$engine_log"
  fi
}

# The packages of those commands that are missing. Only root can; for others the images have to be there already.
_install() {
  local missing=() packages=() one
  for one in "$@"; do
    command -v "$one" > /dev/null || missing+=("$one")
  done
  if [ ${#missing[@]} = 0 ] || [ "$(id -u)" != 0 ]; then
    return 0
  fi
  apt-get update -qq
  for one in "${missing[@]}"; do
    case "$one" in
      dockerd) packages+=(docker.io) ;;
      docker) # newer releases have the command apart
        if apt-cache show docker-cli > /dev/null 2>&1; then packages+=(docker-cli); else packages+=(docker.io); fi ;;
      *) packages+=("$one") ;;
    esac
  done
  local policy=/usr/sbin/policy-rc.d ours=
  if ! [ -e "$policy" ]; then
    # The package would start a service of its own, which nothing would stop.
    ours=1
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod +x "$policy"
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}" > /dev/null
  if [ -n "$ours" ]; then
    rm "$policy"
  fi
}
