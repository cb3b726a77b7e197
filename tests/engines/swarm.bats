#!/usr/bin/env bats
# A swarm of two nodes, each a docker daemon in network and mount namespaces of its
# own; box-oci is the runtime of both.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154,SC2119,SC2120
load helpers

setup_file() {
	requires "docker" command -v dockerd
	engine_up
	make_image
	space "$OUTNS"
	export other=$space
	dockerd_up one
	at=$other dockerd_up two
}
teardown_file() {
	local status=0
	at=$other docker swarm leave --force
	docker swarm leave --force
	daemon_end one
	daemon_end two
	keeper=$other eventually 10 nothing_left '*' || status=1
	kill "$other"
	engine_down && return $status
}

# tasks NODE: the ids of the containers that run there.
tasks() { at=$1 docker ps -q; }
spread() { is "$(tasks "$keeper" | wc -w) $(tasks "$other" | wc -w)" "$1"; }

@test "four replicas on two nodes; one is killed and replaced; a node is drained" {
	docker swarm init --advertise-addr 192.0.2.1 --listen-addr 192.0.2.1
	at=$other docker swarm join --advertise-addr 192.0.2.2 --listen-addr 192.0.2.2 \
	    --token "$(docker swarm join-token -q worker)" 192.0.2.1:2377
	docker service create -q -d --name s --replicas 4 --network host --no-resolve-image --restart-delay 1s --stop-grace-period 1s box/bb:1 sleep 1000
	eventually 40 spread "2 2"
	for at in "$keeper" "$other"; do ours "$(tasks "$at" | head -n 1)"; done
	at=''
	killed=$(tasks "$other" | head -n 1)
	at=$other docker kill "$killed"
	eventually 40 spread "2 2"
	hasnt "$(tasks "$other")" "$killed"
	docker node update --availability drain "$(docker node ls -q -f role=worker)"
	eventually 40 spread "4 0"
	docker service rm s
	eventually 40 spread "0 0"
}

@test "an overlay network: services find each other from node to node" {
	lacks_kernel "vxlan" host sh -c 'ip link add probe type vxlan id 1 dstport 4789 && ip link del probe'
	docker node update --availability active "$(docker node ls -q -f role=worker)"
	docker network create -d overlay --subnet 10.98.0.0/24 over
	create() {
		docker service create -q -d --name "$1" --constraint "node.role == $2" --network over --endpoint-mode dnsrr --no-resolve-image \
		    --stop-grace-period 1s box/bb:1 sh -c "$3"
	}
	create web manager 'mkdir /www; echo page >/www/index.html; exec httpd -f -h /www'
	create client worker 'until wget -qO- http://web; do sleep 0.1; done; exec sleep 1000'
	eventually 40 spread "1 1"
	at=$other ours "$(tasks "$other")"
	eventually 30 said page
	docker service rm web client
	eventually 40 spread "0 0"
	docker network rm over
}
said() { has "$(at=$other docker logs "$(tasks "$other")" 2>&1)" "$1"; }
