/* SPDX-License-Identifier: BSD-3-Clause */
/* Every complaint of the loader: a file with one mistake, and where and what it says about it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"

/* JSON with ' for ", so that it can be read here. */
#define SYSTEM(keys)   "{'system':{" keys "}}"
#define PORT(keys)     "{'ports':{'p':{" keys "}}}"
#define WAN            "'wan':{'vrf':'underlay'}"
#define TUNNEL(keys)   "{'ports':{" WAN "},'tunnels':{'t':{" keys "}}}"
#define ENDS           "'local':'192.0.2.1','remote':'192.0.2.2'"
#define GRE(keys)      TUNNEL("'type':'gre'," ENDS keys)
#define ETHERIP(keys)  TUNNEL("'type':'etherip'," ENDS keys)
#define TUNNELS        "'tunnels':{'g':{'type':'gre'," ENDS "},'e':{'type':'etherip'," ENDS "}}"
#define PORTS          "'ports':{" WAN ",'lan':{},'real':{'vrf':'default','vlan':9}}"
#define UNDERLAY(r)    "{" PORTS "," TUNNELS ",'vrfs':{'underlay':{'routes':[" r "]}}}"
#define DEFAULT(r)     "{" PORTS "," TUNNELS ",'vrfs':{'default':{'routes':[" r "]}}}"
#define LOOPBACKS(l)   "{'vrfs':{'default':{'loopbacks':" l "}}}"
#define MOST           PORTS "," TUNNELS ",'vrfs':{'default':{'loopbacks':['10.0.0.1']}}"
#define BRIDGE(keys)   "{" MOST ",'bridges':{'b':{" keys "}}}"
#define MEMBERS(m)     BRIDGE("'vni':5,'members':[" m "]")
#define XCONNECT(keys) "{" MOST ",'xconnects':{'x':{" keys "}}}"
#define ACL(rules)     "{'prefix_sets':{'four':['10.0.0.0/8'],'six':['fd00::/8']},'acls':{'l':[" rules "]}}"
#define RULE(keys)     ACL("{'action':'permit'," keys "}")

struct row {
	const char *json;
	const char *path;
	unsigned line;
	const char *says;
};

static const struct row document_rows[] = {
	{"{'a':1", "$", 1, "not JSON: '}' expected near end of file"},
	{"{'ports':{},\n'ports':{}}", "$.ports", 2,
		"this name stands twice in one { ... }, first in line 1: remove or rename one"},
	{"{'ports':{'p':{'queues':1,\n'queues':2}}}", "$.ports.p.queues", 2, "twice in one { ... }"},
	/* names in the first of them are not unknown */
	{"{'ports':{'lan':{'vrf':'default'}},\n'ports':{'wan':{'vrf':'underlay'}},"
	 "'vrfs':{'default':{'routes':[{'prefix':'10.0.0.0/8','port':'lan'}]}}}",
		"$.ports", 2, "twice in one { ... }"},
	{"", "$", 1, "a { or [ is not closed: the file, or its end, is missing"},
	{"{'ports':{},\n}", "$", 2, "is there a comma too many before it, or a missing ]?"},
	{"{'ports':{}\n'tunnels':{}}", "$", 2, "is a comma or a colon missing before it?"},
	{"{\n// mine\n'ports':{}}", "$", 2, "JSON has no comments"},
	{"{ports:{}}", "$", 1, "a comma too many or too few before here, or a missing quote or bracket?"},
	{"[]", "$", 1, "expected an object { ... }, got an array"},
	{"{\n'prots':{}}", "$.prots", 2, "unknown key \"prots\", did you mean \"ports\"?"},
	{"{'x y':1}", "$[\"x y\"]", 1,
		"unknown key \"x y\"; known here: system, ports, tunnels, vrfs, bridges, xconnects"},
	{"{'ports':{'p':\n{'mtuu':1}}}", "$.ports.p.mtuu", 2, "unknown key \"mtuu\", did you mean \"mtu\"?"},
	{"{'ports':[]}", "$.ports", 1, "expected an object { \"name\": { ... }, ... }, got an array"},
	{"{'ports':{'p':null}}", "$.ports.p", 1, "expected an object { ... }, got null"},
	{"{'ports':{'a b':{}}}", "$.ports[\"a b\"]", 1,
		"\"a b\" is no name: use 1 to 31 of the characters A-Z a-z 0-9 _ . -"},
	{"{'ports':{'':{}}}", "$.ports[\"\"]", 1, "\"\" is no name"},
	{"{'ports':{'a23456789012345678901234567890123':{}}}", "$.ports.a23456789012345678901234567890123", 1,
		"is no name"},
	{"{'ports':{'a.b':{'mtu':true}}}", "$.ports[\"a.b\"].mtu", 1, "expected a number, got true"},
};

static const struct row acl_rows[] = {
	{"{'acls':[]}", "$.acls", 1, "expected an object { \"name\": [ ... ], ... }, got an array"},
	{"{'acls':{'a b':[]}}", "$.acls[\"a b\"]", 1, "\"a b\" is no name"},
	{"{'acls':{'l':{}}}", "$.acls.l", 1, "expected an array [ ... ], got an object"},
	{"{'acls':{'l':[]}}", "$.acls.l", 1, "would deny every packet: write [{\"action\": \"deny\"}]"},
	{RULE("\n'name':'web\\u001b[31m'"), "$.acls.l[0].name", 2, "octet 4 begins a control character"},
	{RULE("\n'name':'web\\nmail'"), "$.acls.l[0].name", 2, "octet 4 begins a control character"},
	{RULE("\n'name':'\\u009b31m'"), "$.acls.l[0].name", 2, "octet 1 begins a control character"},
	{RULE("\n'src':'a\\u001b[31m'"), "$.acls.l[0].src", 2, "\"a?[31m\" is no name"},
	{"{'acls':{'\\u001b\\u009bl':[]}}", "$.acls[\"\\u001b??l\"]", 1, "\"???l\" is no name"},
	{ACL("\n7"), "$.acls.l[0]", 2, "expected an object { ... }, got a number"},
	{ACL("{}"), "$.acls.l[0]", 1, "key \"action\" is missing: add it"},
	{ACL("{'action':'permt'}"), "$.acls.l[0].action", 1, "did you mean \"permit\"?"},
	{ACL("{'action':'permit'},\n{'action':'deny','sorce':1}"), "$.acls.l[1].sorce", 2,
		"unknown key \"sorce\""},
	{RULE("'src':7"), "$.acls.l[0].src", 1, "expected an array [ ... ], got a number"},
	{RULE("'src':'10.0.0.1'"), "$.acls.l[0].src", 1, "\"10.0.0.1\" has no length: write 10.0.0.1/32"},
	{RULE("'src':'10.0.0.1/8'"), "$.acls.l[0].src", 1, "write 10.0.0.0/8"},
	{RULE("'dst':['::/0','fd00::1/8']"), "$.acls.l[0].dst[1]", 1, "has host bits behind its length"},
	{RULE("'dst':'fuor'"), "$.acls.l[0].dst", 1,
		"no prefix_set \"fuor\" in prefix_sets, did you mean \"four\"?"},
	{RULE("'dst':'a b'"), "$.acls.l[0].dst", 1, "\"a b\" is no name"},
	{RULE("'src':'four','dst':'six'"), "$.acls.l[0]", 1,
		"no packet can match: family, src and dst have no"},
	{RULE("'family':'ipv6','dst':'10.0.0.0/8'"), "$.acls.l[0]", 1, "no packet can match"},
	{RULE("'protocol':'icmp','dst':'six'"), "$.acls.l[0].protocol", 1,
		"icmp is IPv4's, icmpv6 is IPv6's"},
	{RULE("'protocol':'tcpp'"), "$.acls.l[0].protocol", 1, "unknown protocol \"tcpp\": use tcp, udp"},
	{RULE("'protocol':256"), "$.acls.l[0].protocol", 1, "256 is out of range, use 0 to 255"},
	{RULE("'protocol':'6'"), "$.acls.l[0].protocol", 1, "write 6 without the quotes"},
	{RULE("'dst_port':80"), "$.acls.l[0].dst_port", 1,
		"only tcp, udp, udplite, sctp and dccp have ports"},
	{RULE("'protocol':'icmp','src_port':80"), "$.acls.l[0].src_port", 1, "only tcp, udp"},
	{RULE("'protocol':6,'src_port':65536"), "$.acls.l[0].src_port", 1,
		"out of range, use 0 to 65535: or a range"},
	{RULE("'protocol':6,'src_port':'80-79'"), "$.acls.l[0].src_port", 1,
		"\"80-79\" is no range of ports"},
	{RULE("'protocol':6,'src_port':'1-65536'"), "$.acls.l[0].src_port", 1, "is no range of ports"},
	{RULE("'protocol':6,'src_port':'http'"), "$.acls.l[0].src_port", 1, "write it like \"1024-65535\""},
	{RULE("'protocol':6,'src_port':[]"), "$.acls.l[0].src_port", 1,
		"0 ports and ranges in one rule: give 1 to 16"},
	{RULE("'protocol':6,'dst_port':[1,'2-','3']"), "$.acls.l[0].dst_port[1]", 1, "is no range of ports"},
	{RULE("'icmp_type':8"), "$.acls.l[0].icmp_type", 1, "only icmp and icmpv6 have types"},
	{RULE("'protocol':'icmp','icmp_code':0"), "$.acls.l[0].icmp_code", 1,
		"only with its type: add \"icmp_type\""},
	{RULE("'protocol':'icmp','icmp_type':256"), "$.acls.l[0].icmp_type", 1, "use 0 to 255"},
	{RULE("'established':true"), "$.acls.l[0].established", 1, "only tcp has connections"},
	{RULE("'protocol':6,'established':true,'fragment':'later'"), "$.acls.l[0].fragment", 1,
		"has neither ports nor flags"},
	{RULE("'fragment':true"), "$.acls.l[0].fragment", 1, "expected a string, got true"},
	{RULE("'name':'a234567890123456789012345678901234567890123456789012345678901234'"),
		"$.acls.l[0].name", 1, "64 octets is too long, at most 63 fit"},
	{"{'prefix_sets':{'s':{}}}", "$.prefix_sets.s", 1, "expected an array [ ... ], got an object"},
	{"{'prefix_sets':{'10.0.0.0':[]}}", "$.prefix_sets[\"10.0.0.0\"]", 1,
		"a rule would take this name for an address: use another one"},
	{"{'prefix_sets':{'s':['10.0.0.0/8',\n'x']}}", "$.prefix_sets.s[1]", 2, "\"x\" is no prefix"},
	{PORT("'vrf':'default','acl_in':'l'"), "$.ports.p.acl_in", 1, "no acl \"l\" in acls: add it there"},
	{"{'acls':{'list':[{'action':'permit'}]},'ports':{'p':{'vrf':'default','vlans':{'7':{\n'acl_out':'lst'}}}}}",
		"$.ports.p.vlans.7.acl_out", 2, "no acl \"lst\" in acls, did you mean \"list\"?"},
	{"{'acls':{'l':[{'action':'permit'}]},'ports':{'p':{'acl_in':'l'}}}", "$.ports.p.acl_in", 1,
		"nothing is routed here, so no packet passes this list: give it a \"vrf\""},
	{"{'acls':{'l':[{'action':'permit'}]},'ports':{'p':{'vrf':'underlay','acl_out':'l'}}}",
		"$.ports.p.acl_out", 1, "the underlay carries tunnels' own packets"},
	{"{'acls':{'l':[{'action':'permit'}]},'bridges':{'b':{'acl_in':'l'}}}", "$.bridges.b.acl_in", 1,
		"a bridge without \"addresses\" routes nothing"},
	{"{" PORTS ",'tunnels':{'e':{'type':'etherip'," ENDS
	 ",'acl_in':'l'}},'acls':{'l':[{'action':'permit'}]},"
	 "'bridges':{'b':{'members':[{'tunnel':'e'}]}}}",
		"$.tunnels.e.acl_in", 1, "is a bridge's member: give the list to the bridge"},
};

static const struct row system_rows[] = {
	{SYSTEM("'name':'a/b'"), "$.system.name", 1, "\"a/b\" is no name"},
	{SYSTEM("'name':1"), "$.system.name", 1, "expected a string, got a number"},
	{SYSTEM("'workers':0"), "$.system.workers", 1, "0 is out of range, use 1 to 16"},
	{SYSTEM("'workers':17"), "$.system.workers", 1, "17 is out of range, use 1 to 16"},
	{SYSTEM("'workers':-1"), "$.system.workers", 1, "-1 is out of range"},
	{SYSTEM("\n\n'workers':'2'"), "$.system.workers", 3,
		"expected a number, got a string: write 2 without the quotes"},
	{SYSTEM("'workers':'two'"), "$.system.workers", 1, "expected a number, got a string"},
	{SYSTEM("'workers':2.0"), "$.system.workers", 1, "expected a whole number, got a fraction"},
	{SYSTEM("'workers':null"), "$.system.workers", 1, "expected a number, got null"},
	{SYSTEM("'idle':'spinn'"), "$.system.idle", 1,
		"unknown value \"spinn\", did you mean \"spin\"? One of \"adaptive\", \"spin\""},
	{SYSTEM("'idle':'never'"), "$.system.idle", 1,
		"unknown value \"never\", use one of \"adaptive\", \"spin\""},
	{SYSTEM("'idle':''"), "$.system.idle", 1, "use one of"},
	{SYSTEM("'idle':1"), "$.system.idle", 1, "expected a string, got a number"},
	{SYSTEM("'hugepages':'on'"), "$.system.hugepages", 1, "use one of \"auto\", \"never\", \"always\""},
	{SYSTEM("'handoff':true"), "$.system.handoff", 1, "expected a string, got true"},
	{SYSTEM("'watch':'yes'"), "$.system.watch", 1, "expected true or false, got a string"},
	{SYSTEM("'buffers':1"), "$.system.buffers", 1, "use 512 to 4194304"},
	{SYSTEM("'buffers':65536,\n'memory_mb':100"), "$.system.memory_mb", 2,
		"65536 buffers of 4 KiB take 256 MiB, 156 more than 100; raise it above 256, remove it (0 derives "
		"it), or lower \"buffers\" below 25600"},
	{SYSTEM("'buffers':4194304,'memory_mb':16383"), "$.system.memory_mb", 1, "1 more than 16383"},
	{SYSTEM("'buffers':4194304,'memory_mb':16384"), NULL, 0, NULL},
	{SYSTEM("'cpus':1"), "$.system.cpus", 1, "expected an array [ ... ], got a number"},
	{SYSTEM("'cpus':[1024]"), "$.system.cpus[0]", 1, "use 0 to 1023"},
	{SYSTEM("'cpus':[0,1]"), "$.system.cpus", 1, "2 CPUs for 1 workers: name one for each worker"},
	{SYSTEM("'workers':2,'cpus':[3,\n3]"), "$.system.cpus[1]", 2, "CPU 3 is named twice"},
	{SYSTEM("'cpus':[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]"), "$.system.cpus", 1,
		"17 CPUs are too many, at most 16"},
	{SYSTEM("'reassembly':4096"), "$.system.reassembly", 1, "expected an object"},
	{SYSTEM("'reassembly':{'datagrams':1000}"), "$.system.reassembly.datagrams", 1,
		"1000 is no power of two"},
	{SYSTEM("'reassembly':{'datagrams':64,'per_peer':65}"), "$.system.reassembly.per_peer", 1,
		"65 is more than reassembly.datagrams, which is 64"},
};

static const struct row port_rows[] = {
	{PORT("'driver':'af_xpd'"), "$.ports.p.driver", 1, "did you mean \"af_xdp\"?"},
	{PORT("'device':''") /* the port's name then */, NULL, 0, NULL},
	{PORT("'device':'a234567890123456'"), "$.ports.p.device", 1, "cannot be a network interface"},
	{PORT("'driver':'af_packet','device':'a b'"), "$.ports.p.device", 1, "cannot be a network interface"},
	{PORT("'driver':'mem','device':'eth0'"), "$.ports.p.device", 1,
		"only drivers af_xdp and af_packet take a device"},
	{PORT("'device':'"
	      "a2345678901234567890123456789012345678901234567890123456789012345'"),
		"$.ports.p.device", 1, "65 octets is too long, at most 63 fit"},
	{PORT("'devargs':'net_tap0'"), "$.ports.p.devargs", 1, "only driver ethdev takes devargs"},
	{PORT("'rx_file':'x.pcap'"), "$.ports.p.rx_file", 1, "only driver pcap takes rx_file"},
	{PORT("'tx_file':'x.pcap'"), "$.ports.p.tx_file", 1, "only driver pcap takes tx_file"},
	{PORT("'members':['net_tap0']"), "$.ports.p.members", 1, "only driver bond takes members"},
	{PORT("'driver':'bond'"), "$.ports.p.driver", 1, "driver bond needs members"},
	{PORT("'driver':'bond','members':['net_tap0','net_tap0']"), "$.ports.p.members[1]", 1,
		"it is members[0] already"},
	{PORT("'driver':'bond','members':['net_af_packet0,iface=eth0']"), "$.ports.p.members[0]", 1,
		"net_af_packet is refused"},
	{PORT("'driver':'bond','members':['net_af_xdp0,iface=eth0']"), "$.ports.p.members[0]", 1,
		"the kernel would answer LACP"},
	{PORT("'driver':'bond','members':['net_tap0'],'queues':2"), "$.ports.p.queues", 1,
		"a bond has one queue"},
	{PORT("'driver':'bond','members':['a','b','c','d','e','f','g','h','i']"), "$.ports.p.members", 1,
		"9 members are too many, use 1 to 8"},
	{PORT("'driver':'bond','mode':'802.3ad','members':['net_tap0']"), "$.ports.p.mode", 1,
		"use one of \"lacp\", \"active-backup\""},
	{PORT("'driver':'ethdev'"), "$.ports.p.driver", 1, "driver ethdev needs devargs"},
	{PORT("'driver':'ethdev',\n'devargs':'net_af_packet0,iface=eth0'"), "$.ports.p.devargs", 2,
		"net_af_packet is refused: it makes the kernel reassemble IPv4"},
	{PORT("'driver':'ethdev','devargs':'eth_af_packet0,iface=eth0'"), "$.ports.p.devargs", 1,
		"use \"driver\": \"af_packet\""},
	{PORT("'driver':'pcap'"), "$.ports.p.driver", 1, "driver pcap needs a file"},
	{PORT("'mtu':575"), "$.ports.p.mtu", 1,
		"575 is out of range, use 576 to 9216, or 0 for the device's own"},
	{PORT("'mtu':9217"), "$.ports.p.mtu", 1, "9217 is out of range"},
	{PORT("'queues':17"), "$.ports.p.queues", 1, "17 is out of range, use 1 to 16"},
	{PORT("'vrf':'undrelay'"), "$.ports.p.vrf", 1, "did you mean \"underlay\"?"},
	{PORT("'vlan':7"), "$.ports.p.vlan", 1, "the port has no \"vrf\""},
	{PORT("'vrf':'default','vlan':4095"), "$.ports.p.vlan", 1, "4095 is out of range, use 0 to 4094"},
	{PORT("'mac':'02:00:00:00:00'"), "$.ports.p.mac", 1,
		"is no MAC address: write it like 02:00:00:00:00:01"},
	{PORT("'mac':'01:00:00:00:00:01'"), "$.ports.p.mac", 1,
		"is no station's address: it is a group address"},
	{PORT("'mac':'00:00:00:00:00:00'"), "$.ports.p.mac", 1, "it is all zero"},
	{PORT("'mac':7"), "$.ports.p.mac", 1, "expected a string, got a number"},
	{PORT("'checksums':'of'"), "$.ports.p.checksums", 1, "use one of \"auto\", \"finish\", \"trust\""},
	{"{'ports':{'a':{'device':'eth0'},\n'b':{'device':'eth0'}}}", "$.ports.b.device", 2,
		"device eth0 is port \"a\" already"},
	{"{'ports':{'a':{'driver':'ethdev','devargs':'x'},\n'b':{'driver':'ethdev','devargs':'x'}}}",
		"$.ports.b.devargs", 2, "port \"a\" has the same devargs"},
};

static const struct row tunnel_rows[] = {
	{TUNNEL("'type':'gre','local':'192.0.2.1'"), "$.tunnels.t", 1, "key \"remote\" is missing"},
	{TUNNEL("'type':'gre','remote':'192.0.2.1'"), "$.tunnels.t", 1, "key \"local\" is missing"},
	{TUNNEL(ENDS), "$.tunnels.t", 1, "key \"type\" is missing"},
	{TUNNEL("'type':'ip6gre'," ENDS), "$.tunnels.t.type", 1,
		"use one of \"etherip\", \"gre\", \"gretap\""},
	{TUNNEL("'type':'gre','local':'192.0.2.300','remote':'192.0.2.1'"), "$.tunnels.t.local", 1,
		"\"192.0.2.300\" is no IP address: write it like 192.0.2.1 or 2001:db8::1"},
	{TUNNEL("'type':'gre','local':'192.0.2.1/24','remote':'192.0.2.2'"), "$.tunnels.t.local", 1,
		"leave the prefix length away"},
	{TUNNEL("'type':'gre','local':'interface:','remote':'192.0.2.1'"), "$.tunnels.t.local", 1,
		"\"interface:\" names no interface: write interface: and the name of a port"},
	{TUNNEL("'type':'gre','local':['interface:wan','192.0.2.1'],'remote':['192.0.2.2','192.0.2.3']"),
		"$.tunnels.t.local[0]", 1, "the addresses of stripes are pairs"},
	{TUNNEL("'type':'gre','local':['192.0.2.1'],'remote':['b.example']"), "$.tunnels.t.remote[0]", 1,
		"\"b.example\": the addresses of stripes are pairs"},
	{TUNNEL("'type':'gre','local':'interface:wan','remote':['192.0.2.2','192.0.2.3']"),
		"$.tunnels.t.remote", 1, "2 remote addresses for 1 local ones"},
	{TUNNEL("'type':'gre','local':'192.0.2.1','remote':'b_c.example'"), "$.tunnels.t.remote", 1,
		"is no IP address"},
	{TUNNEL("'type':'gre','local':'192.0.2.1','remote':'198.51.100.300'"), "$.tunnels.t.remote", 1,
		"is no IP address"},
	{TUNNEL("'type':'gre','local':'192.0.2.1','remote':'-b.example'"), "$.tunnels.t.remote", 1,
		"is no IP address"},
	{TUNNEL("'type':'gre','local':'192.0.2.1','remote':'b..example'"), "$.tunnels.t.remote", 1,
		"is no IP address"},
	{TUNNEL("'type':'gre','local':'192.0.2.1','remote':'b.example','family':'ipv6'"),
		"$.tunnels.t.family", 1, "the tunnel has an IPv4 address: remove family, or use \"ipv4\""},
	{TUNNEL("'type':'gre','local':'192.0.2.1','remote':'b.example','resolve_interval':0"),
		"$.tunnels.t.resolve_interval", 1, "0 is out of range, use 1 to 86400"},
	{TUNNEL("'type':'gre','local':'192.0.2.1','remote':7"), "$.tunnels.t.remote", 1,
		"expected an address, or an array of addresses"},
	{TUNNEL("'type':'gre','local':'192.0.2.1','remote':[]"), "$.tunnels.t.remote", 1,
		"0 addresses are out of range, use 1 to 16"},
	{TUNNEL("'type':'gre','local':['192.0.2.1','192.0.2.2'],'remote':['192.0.2.3',\n4]"),
		"$.tunnels.t.remote[1]", 2, "expected a string, got a number"},
	{TUNNEL("'type':'gre','local':['192.0.2.1','192.0.2.2'],'remote':'192.0.2.3'"), "$.tunnels.t.remote",
		1, "1 remote addresses for 2 local ones"},
	{TUNNEL("'type':'gre','local':'192.0.2.1','remote':'2001:db8::1'"), "$.tunnels.t.remote", 1,
		"local is IPv4 and this is IPv6"},
	{TUNNEL("'type':'gre','local':['192.0.2.1','2001:db8::1'],'remote':['192.0.2.3','192.0.2.4']"),
		"$.tunnels.t.local[1]", 1, "the tunnel mixes IPv4 and IPv6"},
	{TUNNEL("'type':'gre','local':'192.0.2.1','remote':'192.0.2.1'"), "$.tunnels.t.remote", 1,
		"192.0.2.1 is local as well"},
	{TUNNEL("'type':'gre','local':'::','remote':'2001:db8::1'"), "$.tunnels.t.local", 1,
		":: is the unspecified address"},
	{TUNNEL("'type':'gre','local':'192.0.2.1','remote':'0.0.0.0'"), "$.tunnels.t.remote", 1,
		"0.0.0.0 is the unspecified address"},
	{TUNNEL("'type':'gre','local':'192.0.2.1','remote':'224.0.0.1'"), "$.tunnels.t.remote", 1,
		"224.0.0.1 is a multicast or broadcast address"},
	{TUNNEL("'type':'gre','local':'2001:db8::1','remote':'ff02::1'"), "$.tunnels.t.remote", 1,
		"ff02::1 is a multicast"},
	{GRE(",\n'mtu':575"), "$.tunnels.t.mtu", 2,
		"575 is out of range, use 576 to 9000: 2400 fits two fragments"},
	{GRE(",'mtu':9001"), "$.tunnels.t.mtu", 1, "9001 is out of range"},
	{GRE(",'split':'flor'"), "$.tunnels.t.split", 1, "did you mean \"floor\"?"},
	{GRE(",'path_mtu':1279"), "$.tunnels.t.path_mtu", 1, "use 1280 to 9216: every path carries 1280"},
	{GRE(",'path_mtu':9217"), "$.tunnels.t.path_mtu", 1, "9217 is out of range"},
	{GRE(",'ttl':0"), "$.tunnels.t.ttl", 1, "0 is out of range, use 1 to 255"},
	{GRE(",'dscp':'46'"), "$.tunnels.t.dscp", 1, "write 46 without the quotes"},
	{GRE(",'dscp':64"), "$.tunnels.t.dscp", 1, "use 0 to 63: a DSCP has 6 bits"},
	{GRE(",'dscp':'unifrom'"), "$.tunnels.t.dscp", 1, "did you mean \"uniform\"?"},
	{GRE(",'flow_label':1"), "$.tunnels.t.flow_label", 1, "expected true or false, got a number"},
	{GRE(",'key':4294967296"), "$.tunnels.t.key", 1, "use 0 to 4294967295"},
	{ETHERIP(",'key':0"), "$.tunnels.t.key", 1, "EtherIP has no key"},
	{ETHERIP(",'checksum':true"), "$.tunnels.t.checksum", 1, "EtherIP has no checksum"},
	{"{'system':{'workers':2},'ports':{" WAN "},'tunnels':{'t':{'type':'gre'," ENDS ",'sequence':true}}}",
		"$.tunnels.t.sequence", 1, "several workers"},
	{TUNNEL("'type':'gretap','local':['192.0.2.1','192.0.2.3'],'remote':['192.0.2.2','192.0.2.4'],'sequence':true"),
		"$.tunnels.t.sequence", 1, "stripes"},
	{ETHERIP(",'sequence':true"), "$.tunnels.t.sequence", 1, "EtherIP has no sequence numbers"},
	{ETHERIP(",'compat':'on'"), "$.tunnels.t.compat", 1, "\"off\", \"accept\", \"send\", \"both\""},
	{GRE(",'compat':'accept'"), "$.tunnels.t.compat", 1, "compat is about the EtherIP header"},
	{GRE(",'mac':'02:00:00:00:00:01'"), "$.tunnels.t.mac", 1, "GRE carries IP and has no MAC address"},
	{GRE(",'tcp_mss':535"), "$.tunnels.t.tcp_mss", 1,
		"use 536 to 65495: or one of the words off, fit, whole"},
	{GRE(",'tcp_mss':'1300'"), "$.tunnels.t.tcp_mss", 1, "write 1300 without the quotes"},
	{GRE(",'tcp_mss':'fits'"), "$.tunnels.t.tcp_mss", 1, "did you mean \"fit\"?"},
	{GRE(",'tcp_mss':false"), "$.tunnels.t.tcp_mss", 1, "expected a number, got false"},
	{"{\n'tunnels':{'t':{'type':'gre'," ENDS "}}}", "$.tunnels", 2, "give one \"vrf\": \"underlay\""},
	{"{'ports':{" WAN "},'tunnels':{'a':{'type':'gre'," ENDS "},\n'b':{'type':'gre'," ENDS "}}}",
		"$.tunnels.b.remote", 2,
		"tunnel \"a\" has the same local, remote and type already, and the same key"},
	{"{'ports':{" WAN "},'tunnels':{'a':{'type':'etherip'," ENDS "},\n'b':{'type':'etherip'," ENDS "}}}",
		"$.tunnels.b.remote", 2, "has the same local, remote and type already: remove one"},
	{TUNNEL("'type':'gretap','local':['192.0.2.1','192.0.2.1'],'remote':['192.0.2.2','192.0.2.2']"),
		"$.tunnels.t.remote[1]", 1, "tunnel \"t\" has the same local, remote and type already"},
};

static const struct row vrf_rows[] = {
	{DEFAULT("{'prefix':'10.0.0.0/8','blackhole':true,'port':'real'}"), "$.vrfs.default.routes[0]", 1,
		"what is dropped here leaves by nothing"},
	{DEFAULT("{'prefix':'10.0.0.0/8','blackhole':true,'unreachable':true}"), "$.vrfs.default.routes[0]",
		1, "remove one"},
	{DEFAULT("{'prefix':'10.0.0.0/8','blackhole':true},{'prefix':'10.0.0.0/8','tunnel':'g'}"),
		"$.vrfs.default.routes[1].prefix", 1, "is in routes[0] already"},
	{DEFAULT("{'prefix':'10.0.0.0/8','port':'real','vlan':7}"), "$.vrfs.default.routes[0].port", 1,
		"has no IP traffic on VLAN 7"},
	{DEFAULT("{'prefix':'10.0.0.0/8','vlan':7}"), "$.vrfs.default.routes[0].vlan", 1,
		"a VLAN is a port's"},
	{DEFAULT("{'prefix':'10.0.0.0/8','via':'10.1.1.1','as':4294967296}"), "$.vrfs.default.routes[0].as",
		1, "out of range"},
	{DEFAULT("{'prefix':'fd00::/8','via':'fe80::1'}"), "$.vrfs.default.routes[0].via", 1,
		"is on every link"},
	{PORT("'vrf':'blue'"), "$.ports.p.vrf", 1, "no VRF \"blue\" in vrfs: add it there"},
	{PORT("'addresses':['192.0.2.1/24']"), "$.ports.p", 1, "addresses belong to a VRF"},
	{PORT("'vrf':'default','addresses':['192.0.2.0/24']"), "$.ports.p.addresses[0]", 1,
		"the network itself"},
	{PORT("'vrf':'default','addresses':['192.0.2.1']"), "$.ports.p.addresses[0]", 1,
		"its network's length"},
	{PORT("'vrf':'default','addresses':['192.0.2.1/33']"), "$.ports.p.addresses[0]", 1,
		"its network's length"},
	{PORT("'vrf':'default','addresses':['ff02::1/64']"), "$.ports.p.addresses[0]", 1,
		"use a unicast address"},
	{PORT("'vrf':'default','host':'a/b'"), "$.ports.p.host", 1, "cannot be a network interface"},
	{PORT("'vlans':{'4095':{}}"), "$.ports.p.vlans.4095", 1, "is no VLAN ID"},
	{PORT("'vlans':{'7':{'vrf':'none'}}"), "$.ports.p.vlans.7", 1, "needs a \"vrf\""},
	{PORT("'vrf':'default','vlan':7,'vlans':{'7':{}}"), "$.ports.p.vlans.7", 1, "already"},
	{"{'vrfs':{'none':{}}}", "$.vrfs.none", 1, "use another name"},
	{"{'vrfs':{'blue':{'netns':'a b'}}}", "$.vrfs.blue.netns", 1, "neither the name"},
	{"{'vrfs':{'default':{'loopbacks':['10.0.0.1']},\n'blue':{'loopbacks':['10.0.0.1']}}}", "$.vrfs.blue",
		2, "give it \"netns\""},
	{"{'vrfs':{'blue':{'netns':'n','loopbacks':['10.0.0.1']},\n'red':{'netns':'n','loopbacks':['10.0.0.1']}}}",
		"$.vrfs.red.netns", 2, "those of VRF \"blue\""},
	{"{'vrfs':{'blue':{'netns':'n','loopbacks':['10.0.0.1']},\n'red':{'netns':'/var/run//netns/n','loopbacks':['10.0.0.1']}}}",
		"$.vrfs.red.netns", 2, "those of VRF \"blue\""},
	{"{'ports':{'p':{'driver':'mem','vrf':'blue','addresses':['192.0.2.1/24']},"
	 "'q':{'driver':'mem','vrf':'default','addresses':['192.0.2.1/24']}},'vrfs':{\n'blue':{}}}",
		"$.vrfs.blue", 2, "with those of VRF \"default\""},
	{"{'vrfs':{'default':[]}}", "$.vrfs.default", 1, "expected an object"},
	{"{'vrfs':{'underlay':7}}", "$.vrfs.underlay", 1, "expected an object"},
	{"{'vrfs':{'underlay':{'loopbacks':['10.0.0.1']}}}", "$.vrfs.underlay.loopbacks", 1,
		"the tunnels' own"},
	{LOOPBACKS("'10.0.0.1'"), "$.vrfs.default.loopbacks", 1, "expected an array [ ... ], got a string"},
	{LOOPBACKS("['10.0.0.1/32']"), "$.vrfs.default.loopbacks[0]", 1, "leave the prefix length away"},
	{LOOPBACKS("['10.0.0.1',\n'10.0.0.1']"), "$.vrfs.default.loopbacks[1]", 2,
		"10.0.0.1 stands here twice"},
	{LOOPBACKS("['ff02::1']"), "$.vrfs.default.loopbacks[0]", 1, "ff02::1 cannot be this box's address"},
	{DEFAULT("7"), "$.vrfs.default.routes[0]", 1, "expected an object { ... }, got a number"},
	{DEFAULT("{'tunnel':'g'}"), "$.vrfs.default.routes[0]", 1, "key \"prefix\" is missing"},
	{DEFAULT("{'prefix':'10.0.0.1/24','tunnel':'g'}"), "$.vrfs.default.routes[0].prefix", 1,
		"\"10.0.0.1/24\" has host bits behind its length: write 10.0.0.0/24"},
	{DEFAULT("{'prefix':'fd00::1','tunnel':'g'}"), "$.vrfs.default.routes[0].prefix", 1,
		"\"fd00::1\" has no length: write fd00::1/128 for this one address"},
	{DEFAULT("{'prefix':'10.0.0.0/33','tunnel':'g'}"), "$.vrfs.default.routes[0].prefix", 1,
		"\"10.0.0.0/33\" is no prefix: write it like 10.255.0.2/32"},
	{DEFAULT("{'prefix':'10.0.0.0/','tunnel':'g'}"), "$.vrfs.default.routes[0].prefix", 1,
		"\"10.0.0.0/\" is no prefix: write it like 10.255.0.2/32"},
	{DEFAULT("{'prefix':'10.0.0.0/8','tunnel':'gg'}"), "$.vrfs.default.routes[0].tunnel", 1,
		"no tunnel \"gg\" in tunnels: add it there"},
	{DEFAULT("{'prefix':'10.0.0.0/8','tunnel':'a b'}"), "$.vrfs.default.routes[0].tunnel", 1,
		"\"a b\" is no name"},
	{DEFAULT("{'prefix':'10.0.0.0/8',\n'port':'rael'}"), "$.vrfs.default.routes[0].port", 2,
		"no port \"rael\" in ports, did you mean \"real\"?"},
	{DEFAULT("{'prefix':'10.0.0.0/8','port':'other'}"), "$.vrfs.default.routes[0].port", 1,
		"no port \"other\" in ports: add it there"},
	{DEFAULT("{'prefix':'10.0.0.0/8','port':'wan'}"), "$.vrfs.default.routes[0].port", 1,
		"port \"wan\" is not in this VRF: give the port \"vrf\": \"default\""},
	{UNDERLAY("{'prefix':'10.0.0.0/8','port':'lan'}"), "$.vrfs.underlay.routes[0].port", 1,
		"port \"lan\" is not in this VRF: give the port \"vrf\": \"underlay\""},
	{UNDERLAY("{'prefix':'10.0.0.0/8','tunnel':'g'}"), "$.vrfs.underlay.routes[0].tunnel", 1,
		"the underlay cannot lead into a tunnel"},
	{DEFAULT("{'prefix':'10.0.0.0/8','tunnel':'e'}"), "$.vrfs.default.routes[0]", 1,
		"tunnel \"e\" carries Ethernet and needs to know its neighbour: add \"mac\""},
	{DEFAULT("{'prefix':'10.0.0.0/8','tunnel':'g',\n'mac':'02:00:00:00:00:01'}"),
		"$.vrfs.default.routes[0].mac", 2,
		"tunnel \"g\" is GRE and carries IP, not Ethernet: remove mac"},
	{DEFAULT("{'prefix':'10.0.0.0/8','tunnel':'g','port':'real'}"), "$.vrfs.default.routes[0]", 1,
		"a route leaves by \"tunnel\", by \"port\""},
	{DEFAULT("{'prefix':'10.0.0.0/8','mac':'02:00:00:00:00:01'}"), "$.vrfs.default.routes[0].mac", 1,
		"a static neighbour needs to know where it is"},
	{DEFAULT("{'prefix':'10.0.0.0/8','tunnel':'g','via':'10.1.1.1'}"), "$.vrfs.default.routes[0].via", 1,
		"a tunnel has one remote and needs no gateway"},
	{DEFAULT("{'prefix':'2001:db8::/32','port':'real','via':'10.1.1.1'}"), "$.vrfs.default.routes[0].via",
		1, "10.1.1.1 is not of the prefix's family: use an IPv6 gateway"},
	{DEFAULT("{'prefix':'10.0.0.0/8','port':'real','via':'0.0.0.0'}"), "$.vrfs.default.routes[0].via", 1,
		"0.0.0.0 is no router's address"},
	{DEFAULT("{'prefix':'10.0.0.0/8','port':'real'},\n{'prefix':'10.0.0.0/8','port':'real'}"),
		"$.vrfs.default.routes[1].prefix", 2, "10.0.0.0/8 is in routes[0] already"},
};

static const struct row bridge_rows[] = {
	{BRIDGE("'vni':0"), "$.bridges.b.vni", 1, "use 1 to 16777215: a VNI has 24 bits"},
	{BRIDGE("'vni':'7','members':[{'vtep':'10.0.0.2'}]"), "$.bridges.b.vni", 1,
		"write 7 without the quotes"}, /* and not that it is missing */
	{BRIDGE("'vni':16777216"), "$.bridges.b.vni", 1, "16777216 is out of range"},
	{BRIDGE("'mtu':100"), "$.bridges.b.mtu", 1, "use 576 to 9000: it counts the IP packet inside"},
	{BRIDGE("'loop_guard':{'windw':1}"), "$.bridges.b.loop_guard.windw", 1, "did you mean \"window\"?"},
	{BRIDGE("'arp_nd':{'unknown':'forget'}"), "$.bridges.b.arp_nd.unknown", 1, "flood"},
	{BRIDGE("'hosts':[{'ip':'224.0.0.1','mac':'02:00:00:00:00:01'}]"), "$.bridges.b.hosts[0].ip", 1,
		"no host can have this address"},
	{BRIDGE("'hosts':[{'ip':'10.0.0.1','mac':'02:00:00:00:00:01'},\n{'ip':'10.0.0.1','mac':'02:00:00:00:00:02'}]"),
		"$.bridges.b.hosts[1].ip", 2, "10.0.0.1 is hosts[0] already"},
	{BRIDGE("'addresses':['10.0.0.1/24'],\n'hosts':[{'ip':'10.0.0.1','mac':'02:00:00:00:00:01'}]"),
		"$.bridges.b.hosts[0].ip", 2, "10.0.0.1 is the bridge's own address"},
	{BRIDGE("'vtep_local':'10.0.0.1'"), "$.bridges.b.vtep_local", 1, "expected an array"},
	{BRIDGE("'vtep_local':['10.0.0.1','x']"), "$.bridges.b.vtep_local[1]", 1, "is no IP address"},
	{BRIDGE("'vtep_local':['224.0.0.1']"), "$.bridges.b.vtep_local[0]", 1,
		"this cannot be this box's address"},
	{BRIDGE("'vtep_local':['10.0.0.1','10.0.0.2']"), "$.bridges.b.vtep_local[1]", 1,
		"a second IPv4 address"},
	{BRIDGE("'members':{}"), "$.bridges.b.members", 1, "expected an array"},
	{MEMBERS("'lan'"), "$.bridges.b.members[0]", 1, "write {\"port\": \"lan\"}"},
	{MEMBERS("{'port':'lan','vlan':'100'}"), "$.bridges.b.members[0].vlan", 1,
		"write 100 without the quotes"},
	{MEMBERS("7"), "$.bridges.b.members[0]", 1, "expected an object { ... }, got a number"},
	{MEMBERS("{}"), "$.bridges.b.members[0]", 1, "a member is one of \"port\", \"tunnel\" and \"vtep\""},
	{MEMBERS("{'port':'lan','vtep':'10.0.0.2'}"), "$.bridges.b.members[0]", 1, "give exactly one"},
	{MEMBERS("{'port':'lan'},\n{'port':'lam','vlan':1}"), "$.bridges.b.members[1].port", 2,
		"no port \"lam\" in ports, did you mean \"lan\"?"},
	{MEMBERS("{'tunnel':'gg'}"), "$.bridges.b.members[0].tunnel", 1, "no tunnel \"gg\" in tunnels"},
	{MEMBERS("{'tunnel':'g'}"), "$.bridges.b.members[0].tunnel", 1,
		"tunnel \"g\" is GRE and carries IP, not Ethernet: use type gretap"},
	{MEMBERS("{'port':'lan','vlan':0}"), "$.bridges.b.members[0].vlan", 1,
		"use 1 to 4094: or \"untagged\""},
	{MEMBERS("{'port':'lan','vlan':4095}"), "$.bridges.b.members[0].vlan", 1, "4095 is out of range"},
	{MEMBERS("{'port':'lan','vlan':'untaged'}"), "$.bridges.b.members[0].vlan", 1,
		"did you mean \"untagged\"?"},
	{MEMBERS("{'port':'lan','vlan':5,'tpid':'802.1x'}"), "$.bridges.b.members[0].tpid", 1,
		"did you mean \"802.1q\"?"},
	{MEMBERS("{'port':'lan','tpid':'802.1q'}"), "$.bridges.b.members[0].tpid", 1,
		"add \"vlan\", 1 to 4094"},
	{MEMBERS("{'vtep':'10.0.0.2','vlan':5}"), "$.bridges.b.members[0].vlan", 1,
		"a remote VTEP has no VLAN"},
	{MEMBERS("{'port':'lan','l2_control':'pass'}"), "$.bridges.b.members[0].l2_control", 1,
		"use one of \"drop\", \"forward\""},
	{MEMBERS("{'port':'lan','storm':{'broadcast':-1}}"), "$.bridges.b.members[0].storm.broadcast", 1,
		"-1 is out of range"},
	/* VTEPs */
	{BRIDGE("'members':[{'vtep':'10.0.0.2'}]"), "$.bridges.b", 1,
		"a bridge with VTEPs needs to know its VNI"},
	{MEMBERS("{'vtep':'10.0.0.x'}"), "$.bridges.b.members[0].vtep", 1, "is no IP address"},
	{MEMBERS("{'vtep':'239.0.0.1'}"), "$.bridges.b.members[0].vtep", 1, "239.0.0.1 is no VTEP's address"},
	{MEMBERS("{'vtep':'0.0.0.0'}"), "$.bridges.b.members[0].vtep", 1, "0.0.0.0 is no VTEP's address"},
	{MEMBERS("{'vtep':'fd00::2'}"), "$.bridges.b.members[0].vtep", 1,
		"there is no IPv6 address to send from"},
	{MEMBERS("{'vtep':'10.0.0.1'}"), "$.bridges.b.members[0].vtep", 1, "10.0.0.1 is this box's own VTEP"},
	{MEMBERS("{'vtep':'10.0.0.2'},\n{'vtep':'10.0.0.2'}"), "$.bridges.b.members[1].vtep", 2,
		"VTEP 10.0.0.2 is members[0] already"},
	{"{'ports':{" WAN "}," TUNNELS ",'vrfs':{'default':{'loopbacks':['10.0.0.1'],'routes':["
	 "{'prefix':'10.0.0.2/32','tunnel':'g'},{'prefix':'10.0.0.0/8'}]}},\n"
	 "'bridges':{'b':{'vni':1,'members':[{'vtep':'10.0.0.2'},{'vtep':'10.0.0.3'}]}}}",
		"$.bridges.b.members[1].vtep", 2,
		"nothing leads to VTEP 10.0.0.3: add a route to vrfs.default"},
	{"{'vrfs':{'default':{'loopbacks':['10.0.0.1']}},\n'bridges':{'b':{'vni':1,'members':[{'vtep':'10.0.0.2'}]}}}",
		"$.bridges.b.members[0].vtep", 2,
		"the kernel's routes are used only where a port has \"vrf\": \"default\""},
	/* bridges among each other */
	{"{'bridges':{'a':{'vni':7},\n'b':{'vni':7}}}", "$.bridges.b.vni", 2,
		"bridge \"a\" has VNI 7 already"},
	{"{" MOST ",'bridges':{'x':{}},'xconnects':{'x':{'members':[{'port':'lan'},{'tunnel':'e'}]}}}",
		"$.xconnects.x", 1, "a bridge is called \"x\" already"},
	/* static MACs */
	{BRIDGE("'static':[{'mac':'02:00:00:00:00:01','member':0}]"), "$.bridges.b.static[0].member", 1,
		"there is no members[0], the bridge has 0"},
	{MEMBERS("{'port':'lan'}],'static':[{'mac':'33:33:00:00:00:01','member':0}"),
		"$.bridges.b.static[0].mac", 1, "it is a group address"},
	{MEMBERS("{'port':'lan'}],'static':[{'member':0}"), "$.bridges.b.static[0]", 1,
		"key \"mac\" is missing"},
	{MEMBERS("{'port':'lan'}],'static':[{'mac':'02:00:00:00:00:01'}"), "$.bridges.b.static[0]", 1,
		"key \"member\" is missing"},
	{MEMBERS("{'port':'lan'}],'static':[7"), "$.bridges.b.static[0]", 1, "expected an object"},
	{MEMBERS("{'port':'lan'}],'static':[{'mac':'02:00:00:00:00:01','member':5000}"),
		"$.bridges.b.static[0].member", 1, "it counts the bridge's members from 0"},
	{MEMBERS("{'port':'lan'}],'static':[{'mac':'02:00:00:00:00:01','member':0},"
		 "\n{'mac':'02:00:00:00:00:01','member':0}"),
		"$.bridges.b.static[1].mac", 2, "02:00:00:00:00:01 is static[0] already"},
	/* xconnects */
	{XCONNECT("'members':[{'port':'lan'}]"), "$.xconnects.x", 1, "exactly two members, this one has 1"},
	{XCONNECT("'members':[{'port':'lan'},{'vtep':'10.0.0.2'}]"), "$.xconnects.x.members[1].vtep", 1,
		"an xconnect joins ports and tunnels"},
	{XCONNECT("'learn':false,'members':[{'port':'lan'},{'tunnel':'e'}]"), "$.xconnects.x.learn", 1,
		"unknown key \"learn\"; known here: mtu, members"},
	/* who takes a frame */
	{MEMBERS("{'port':'lan','vlan':5},\n{'port':'lan','vlan':5,'tpid':'802.1ad'}"),
		"$.bridges.b.members[1]", 2, "$.bridges.b.members[0] takes VLAN 5 of port \"lan\" already"},
	{"{" MOST ",'bridges':{'a':{'members':[{'port':'lan'}]},\n'b':{'members':[{'port':'lan'}]}}}",
		"$.bridges.b.members[0]", 2,
		"$.bridges.a.members[0] takes the whole of port \"lan\" already"},
	{MEMBERS("{'port':'lan','vlan':'untagged'},{'port':'lan','vlan':'untagged'}"),
		"$.bridges.b.members[1]", 1, "members[0] takes untagged frames of port \"lan\" already"},
	{MEMBERS("{'tunnel':'e'},{'tunnel':'e'}"), "$.bridges.b.members[1]", 1,
		"takes the whole of tunnel \"e\" already"},
	{MEMBERS("{'port':'wan'}"), "$.bridges.b.members[0]", 1,
		"the whole of port \"wan\" would leave nothing for its own IP traffic"},
	{MEMBERS("{'port':'wan','vlan':'untagged'}"), "$.bridges.b.members[0]", 1,
		"untagged frames of port \"wan\" are its own IP traffic"},
	{MEMBERS("{'port':'real','vlan':9}"), "$.bridges.b.members[0]", 1,
		"VLAN 9 of port \"real\" is its own IP traffic"},
	{"{" PORTS "," TUNNELS ",'vrfs':{'default':{'routes':[{'prefix':'10.0.0.0/8','tunnel':'e',"
	 "'mac':'02:00:00:00:00:01'}]}},'bridges':{'b':{'members':[{'tunnel':'e','vlan':7}]}}}",
		"$.bridges.b.members[0]", 1,
		"tunnel \"e\" carries routed packets too (vrfs.default.routes[0])"},
};

/* Next to the mistakes above, what must pass. */
static const char *const good[] = {
	"{'ports':{'p':{'driver':'mem','vrf':'blue','host':false,'addresses':['192.0.2.1/24']},"
	"'q':{'driver':'mem','vrf':'default','addresses':['192.0.2.1/24']}},'vrfs':{'blue':{}}}",
	"{}",
	PORT("'driver':'mem','mac':null,'vrf':'none'"),
	PORT("'driver':'ethdev','devargs':'net_tap0,iface=af_packet0'"),
	GRE(",'mtu':576,'path_mtu':1280,'key':0,'checksum':true,'sequence':true,'tcp_mss':536"),
	GRE(",'key':null,'dscp':'uniform','tcp_mss':'whole','compat':'off'"),
	ETHERIP(",'compat':'both','checksum':false,'mtu':9000,'path_mtu':9216"),
	"{'ports':{" WAN "},'tunnels':{'a':{'type':'gre'," ENDS "},'b':{'type':'gre'," ENDS ",'key':0},"
	"'c':{'type':'gretap'," ENDS "},'d':{'type':'etherip'," ENDS "}}}",
	UNDERLAY(
		"{'prefix':'0.0.0.0/0','port':'wan','via':'192.0.2.254'},{'prefix':'::/0','port':'wan','via':null}"),
	DEFAULT("{'prefix':'10.0.0.0/8','port':'real','mac':'02:00:00:00:00:01'},{'prefix':'10.0.0.0/9'}"),
	MEMBERS("{'port':'lan'},{'port':'lan','vlan':5},{'port':'lan','vlan':'untagged'},{'vtep':'10.0.0.2'}"),
	MEMBERS("{'port':'wan','vlan':5},{'port':'real','vlan':'untagged'},{'vtep':'10.0.0.2'}],'static':["),
	BRIDGE("'vni':null,'vtep_local':['fd00::1','10.0.0.9'],'members':[{'port':'lan','vlan':'any'}]"),
	XCONNECT("'members':[{'port':'lan','vlan':1},{'port':'lan','vlan':2}]"),
};

static struct am_config *load(const char *quoted, struct am_config_errors *errors)
{
	char *text = strdup(quoted);
	struct am_config *c;

	for (char *p = text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	c = am_config_load(text, strlen(text), errors);
	free(text);
	return c;
}

static void check_row(const struct row *row)
{
	struct am_config_errors errors = {0};
	struct am_config *c = load(row->json, &errors);
	const struct am_config_error *e = errors.items;

	for (size_t i = 0; i < errors.n && (!row->path || errors.n != 1); i++)
		print_error("  %s:%u: %s\n", e[i].path, e[i].line, e[i].text);
	if ((c != NULL) != !row->path || errors.n != (row->path != NULL))
		fail_msg("%zu errors: %s", errors.n, row->json);
	if (e && (strcmp(e->path, row->path) != 0 || e->line != row->line || !strstr(e->text, row->says)))
		fail_msg("%s\n  said %s:%u: %s", row->json, e->path, e->line, e->text);
	if (e && e->line && !e->column)
		fail_msg("%s\n  has no column", row->json);
	am_config_errors_free(&errors);
	am_config_free(c);
}

#define TABLE_TEST(name)                                                                                     \
	static void test_##name(void **state)                                                                \
	{                                                                                                    \
		(void)state;                                                                                 \
		for (size_t i = 0; i < sizeof name##_rows / sizeof name##_rows[0]; i++)                      \
			check_row(&name##_rows[i]);                                                          \
	}

TABLE_TEST(document)
TABLE_TEST(acl)
TABLE_TEST(system)
TABLE_TEST(port)
TABLE_TEST(tunnel)
TABLE_TEST(vrf)
TABLE_TEST(bridge)

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		check_row(&(struct row){.json = good[i]});
}

/* All mistakes at once, in the order of the file. */
static void test_all_at_once(void **state)
{
	static const char text[] = "{'xconnects':{'x':{}},\n"
				   "'bridges':{'b':{'members':[{'port':'nowhere'}]}},\n"
				   "'tunnels':{'t':{'type':'gre','local':'::','remote':'x y',\n"
				   "'mtu':'big'}},\n"
				   "'system':{'workers':0,\n"
				   "'wrokers':1}}";
	static const struct {
		unsigned line;
		const char *path;
	} want[] = {
		{1, "$.xconnects.x"},
		{2, "$.bridges.b.members[0].port"},
		{3, "$.tunnels"},
		{3, "$.tunnels.t.local"},
		{3, "$.tunnels.t.remote"},
		{4, "$.tunnels.t.mtu"},
		{5, "$.system.workers"},
		{6, "$.system.wrokers"},
	};
	struct am_config_errors errors = {0};

	(void)state;
	am_config_errors_add(&errors, "$.earlier", 9, 9, "stays %s", "first");
	assert_null(load(text, &errors));
	assert_int_equal(errors.n, 1 + sizeof want / sizeof want[0]);
	assert_string_equal(errors.items[0].text, "stays first");
	for (size_t i = 1; i < errors.n; i++) {
		assert_string_equal(errors.items[i].path, want[i - 1].path);
		assert_int_equal(errors.items[i].line, want[i - 1].line);
	}
	am_config_errors_free(&errors);
}

static void test_too_many(void **state)
{
	char *text = malloc(AM_CONFIG_PORTS * 16 + 128);
	size_t n = 0;
	struct row row = {.json = text,
		.path = "$.ports",
		.line = 1,
		.says = "65 are too many, at most 64 are possible: remove some, or spread them over several "
			"instances"};

	(void)state;
	for (int i = 0; i <= AM_CONFIG_PORTS; i++)
		n += (size_t)sprintf(text + n, "%s'p%d':{}", i ? "," : "{'ports':{", i);
	/* all of them are known */
	sprintf(text + n, "},'bridges':{'b':{'members':[{'port':'p0'},{'port':'p64'}]}}}");
	check_row(&row);
	free(text);
}

/* Asked of a configuration that has errors: where are they? */
static void ask_faults(const struct am_config *c, struct am_config_errors *errors)
{
	static const struct {
		const char *path;
		bool faulty;
	} rows[] = {
		{"$.ports", true},
		{"$.ports.lan", true},
		{"$.ports.lan.queues", true},
		{"$.ports.lan.mtu", false},
		{"$.ports.wan", false},
		{"$.tunnels[\"a.b\"]", true},
		{"$.tunnels[\"a.b\"].mtu", true},
		{"$.tunnels.a", false},
		{"$.vrfs", false},
		{"$.bridges.b.members", true},
		{"$.bridges.b.members[0]", false},
		{"$.bridges.b.members[1]", true},
		{"$.bridges.b.members[1].port", true},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (am_config_is_faulty(c, rows[i].path) != rows[i].faulty)
			fail_msg("%s", rows[i].path);
	assert_non_null(am_config_port(c, "lan"));
	assert_null(am_config_port(c, "lam"));
	am_config_complain(c, errors, "$.bridges.b.mtu", "more");
}

static void test_more_checks(void **state)
{
	static const char text[] =
		"{\"ports\":{\"wan\":{\"vrf\":\"underlay\"},\"lan\":{\"queues\":\"two\"}},\n"
		"\"tunnels\":{\"a.b\":{\"type\":\"gre\",\"local\":\"192.0.2.1\","
		"\"remote\":\"192.0.2.2\",\"mtu\":1}},\n"
		"\"bridges\":{\"b\":{\"mtu\":1400,\n"
		"\"members\":[{\"port\":\"lan\"},{\"port\":\"lam\"}]}}}";
	static const char *const paths[] = {"$.ports.lan.queues", "$.tunnels[\"a.b\"].mtu", "$.bridges.b.mtu",
		"$.bridges.b.members[1].port"};
	struct am_config_errors errors = {0};

	(void)state;
	assert_null(am_config_load_checked(text, sizeof text - 1, ask_faults, &errors));
	assert_int_equal(errors.n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(errors.items[i].path, paths[i]);
	am_config_errors_free(&errors);
}

static void test_file(void **state)
{
	struct am_config_errors errors = {0};
	char large[] = "/tmp/check-test-XXXXXX";
	int fd = mkstemp(large);

	(void)state;
	assert_return_code(ftruncate(fd, (16 << 20) + 1), errno);
	assert_null(am_config_load_file("/nonexistent/x.json", &errors));
	assert_null(am_config_load_file("/", &errors));
	assert_null(am_config_load_file(large, &errors));
	unlink(large);
	close(fd);
	assert_int_equal(errors.n, 3);
	assert_non_null(strstr(errors.items[0].text, "cannot read /nonexistent/x.json: No such file"));
	assert_non_null(strstr(errors.items[1].text, "cannot read /: Is a directory"));
	assert_non_null(
		strstr(errors.items[2].text, "File too large; name a readable file of at most 16 MiB"));
	am_config_errors_free(&errors);
}

static void test_complain(void **state)
{
	struct am_config_errors errors = {0};
	struct am_config *c = load("{'ports':\n{'a.b':{'driver':'mem'}}}", &errors);

	(void)state;
	am_config_complain(c, &errors, "$.ports[\"a.b\"].driver", "no %s", "more");
	assert_int_equal(errors.items[0].line, 2);
	assert_int_equal(errors.items[0].column, 18);
	assert_string_equal(errors.items[0].text, "no more");
	am_config_errors_free(&errors);
	am_config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_acl),
		cmocka_unit_test(test_system),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_tunnel),
		cmocka_unit_test(test_vrf),
		cmocka_unit_test(test_bridge),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_more_checks),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_complain),
	};
	return cmocka_run_group_tests_name("config/check", tests, NULL, NULL);
}
