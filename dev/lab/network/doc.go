// Package network is a small Internet in memory: hosts with real TCP/IP stacks (gVisor's), joined by links that delay, shake and
// lose packets, and a tap where everything that passes one network card can be written down. It needs no privileges and opens no
// socket of the operating system.
//
// A newcomer may read it from the bottom up. A [Clock] tells everybody the time and may run faster than the machine's. A pipe
// carries frames one way along a [Path]: delay, jitter, bottleneck, loss. A [Port] is a network card: on one side the stack of a
// [Host], on the other a link, which is either a [Switch] (an Ethernet segment) or a line made by [Connect] (bare IP). A tunnel is
// two wireguard-go devices whose outer packets travel over one line, and whose inner side is again a Port.
//
// A [World] is all of that put together around one client whose card is tapped. There are two kinds:
//
//	NewLAN:     client --+                          the capture sees Ethernet: the client's own packets, and what its
//	            nearby --+-- switch -- gateway      neighbours and the gateway send to it or to everybody
//	                                      |
//	                                   line -- servers
//
//	NewTunnel:  client == WireGuard == gateway      the capture sees bare IP packets inside the tunnel, as a capture
//	                                      |         taken on a tun device does
//	                                   line -- servers
//
// Every address is from the blocks set aside for documentation (RFC 5737, RFC 3849) or for private use (RFC 1918), and hardware
// addresses are locally administered: nothing here can be mistaken for somebody's machine.
package network
