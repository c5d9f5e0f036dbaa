package leak

import (
	"bytes"
	"net"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/pcapmill/pcapmill/header"
)

// namesIn calls add for every host name in a TCP or UDP payload: DNS by its ports,
// TLS and HTTP by how they begin.
func namesIn(payload []byte, h *header.Stack, add func(string)) {
	dns := func(port uint16) bool { return port == 53 || port == 5353 || port == 5355 } // DNS, mDNS, LLMNR
	switch {
	case len(payload) == 0:
	case dns(h.SrcPort) || dns(h.DstPort):
		if h.Proto == header.TCP {
			if len(payload) < 2 {
				return
			}
			payload = payload[2:] // length of the message
		}
		dnsNames(payload, add)
	case h.Proto == header.TCP && payload[0] == 22:
		if name := serverName(payload); name != "" {
			add(name)
		}
	case h.Proto == header.TCP:
		httpHost(payload, add)
	}
}

// dnsNames reads a DNS message: the names of its questions, of its records, and
// those that records point to. A damaged message gives what stands before the
// damage.
func dnsNames(message []byte, add func(string)) {
	var p dnsmessage.Parser
	if _, err := p.Start(message); err != nil {
		return
	}
	for {
		q, err := p.Question()
		if err == dnsmessage.ErrSectionDone {
			break
		}
		if err != nil {
			return
		}
		add(q.Name.String())
	}
	for _, section := range []struct {
		header func() (dnsmessage.ResourceHeader, error)
		skip   func() error
	}{
		{p.AnswerHeader, p.SkipAnswer}, {p.AuthorityHeader, p.SkipAuthority}, {p.AdditionalHeader, p.SkipAdditional},
	} {
		for {
			h, err := section.header()
			if err == dnsmessage.ErrSectionDone {
				break
			}
			if err != nil {
				return
			}
			add(h.Name.String())
			if dnsTarget(&p, h.Type, add) {
				continue
			}
			if section.skip() != nil {
				return
			}
		}
	}
}

// dnsTarget reads a record whose data is a name. It reports whether it has.
func dnsTarget(p *dnsmessage.Parser, t dnsmessage.Type, add func(string)) (read bool) {
	switch t {
	case dnsmessage.TypeCNAME:
		r, err := p.CNAMEResource()
		add(r.CNAME.String())
		return err == nil
	case dnsmessage.TypeNS:
		r, err := p.NSResource()
		add(r.NS.String())
		return err == nil
	case dnsmessage.TypePTR:
		r, err := p.PTRResource()
		add(r.PTR.String())
		return err == nil
	case dnsmessage.TypeMX:
		r, err := p.MXResource()
		add(r.MX.String())
		return err == nil
	case dnsmessage.TypeSRV:
		r, err := p.SRVResource()
		add(r.Target.String())
		return err == nil
	case dnsmessage.TypeSOA:
		r, err := p.SOAResource()
		add(r.NS.String())
		add(r.MBox.String())
		return err == nil
	}
	return false
}

// serverName is the server_name of a TLS ClientHello (RFC 8446, 4.1.2; RFC 6066,
// 3) that begins in the payload; "" if there is none, or if it stands behind what
// is there.
func serverName(b []byte) string {
	take := func(n int) (head []byte) {
		if n < 0 || n > len(b) {
			b = nil
			return nil
		}
		head, b = b[:n], b[n:]
		return head
	}
	number := func(n int) (v int) {
		for _, c := range take(n) {
			v = v<<8 | int(c)
		}
		return v
	}
	record := take(5) // type, version, length
	if record == nil || record[1] != 3 || number(1) != 1 {
		return ""
	}
	take(3 + 2 + 32) // length, version, random
	take(number(1))  // session
	take(number(2))  // cipher suites
	take(number(1))  // compression
	take(2)          // length of the extensions
	for len(b) >= 4 {
		kind, length := number(2), number(2)
		if kind != 0 {
			take(length)
			continue
		}
		take(2) // length of the list
		if number(1) != 0 {
			return ""
		}
		return string(take(number(2)))
	}
	return ""
}

var methods = []string{"GET ", "POST ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "CONNECT ", "PATCH ", "TRACE "}

// httpHost reads the Host header of an HTTP/1 request that begins in the payload,
// and the target of a CONNECT.
func httpHost(payload []byte, add func(string)) {
	begins := ""
	for _, m := range methods {
		if len(payload) > len(m) && string(payload[:len(m)]) == m {
			begins = m
		}
	}
	if begins == "" {
		return
	}
	head := payload[:min(len(payload), 8<<10)]
	if end := bytes.Index(head, []byte("\r\n\r\n")); end >= 0 {
		head = head[:end]
	}
	for i, line := range strings.Split(string(head), "\r\n") {
		if words := strings.Fields(line); i == 0 && begins == "CONNECT " && len(words) > 1 {
			add(withoutPort(words[1]))
		}
		if key, value, ok := strings.Cut(line, ":"); i > 0 && ok && strings.EqualFold(key, "host") {
			add(withoutPort(strings.TrimSpace(value)))
		}
	}
}

func withoutPort(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}
