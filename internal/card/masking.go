package card

import (
	"strings"

	"github.com/pcapmill/pcapmill/manifest"
)

// masking says what a model cannot see, and what it can.
func (w *writer) masking() {
	m := w.in.Manifest
	w.line("\n## Masking\n")
	if m.Variants == nil {
		w.masks(&m.Settings)
	} else {
		w.line("Of the first variant, `%s`:\n", m.Variant)
		w.masks(&m.Settings)
		for i := range m.Variants {
			w.line("\nOf the variant `%s`:\n", m.Variants[i].Name)
			w.masks(&m.Variants[i].Settings)
		}
	}
	w.line("\nNames of captures are as they were given.")
}

// masks says it of the samples that have these settings.
func (w *writer) masks(s *manifest.Settings) {
	if s.Get("content") == "payload" {
		w.line("Samples hold payload only: no link, IP, TCP or UDP header of a packet is in them.")
	} else {
		for _, l := range []string{maskLine("Link headers and MAC addresses", s.Get("mac")), maskLine("IP addresses", s.Get("ip")), maskLine("TCP and UDP ports", s.Get("ports")), maskLine("IPv4, TCP and UDP checksums", s.Get("checksums"))} {
			if forges(s) {
				l = strings.Replace(l, "kept as they were", "kept", 1)
			}
			w.line("* %s", l)
		}
		if s.On("udp_pad") {
			w.line("* 12 zero bytes stand behind each UDP header.")
		}
	}
	w.line("")
	switch {
	case !pseudonyms(s):
	case s.Get("key") == "":
		w.line("Pseudonyms were made **without a key**: whoever tries all addresses gets them back.\n")
	default:
		w.line("Pseudonyms were made with a secret key (id `%s`); whoever has it can link them to addresses.\n", code(s.Get("key")))
	}
	w.forged(s)
	w.single(s.Get("mask"), forges(s))
}

// single says what masks of single fields do, given in the words of --mask.
func (w *writer) single(masks string, forged bool) {
	if masks != "" {
		w.line("Fields that were masked one by one:\n")
		for pair := range strings.SplitSeq(masks, ",") {
			name, action, _ := strings.Cut(pair, "=")
			w.line("* `%s`: %s", code(name), done(action))
		}
		w.line("")
	}
	payload, headers := "Payload", "so are other header fields (TTL, IP identification, TCP\nsequence numbers, options and time stamps)"
	if masks != "" || forged {
		headers = "so is every header field that is not named here"
	}
	if strings.Contains(","+masks, ",payload=") {
		w.line("No payload is in the samples. Header fields that are not named here are as they were captured.")
		return
	}
	if strings.Contains(masks, "tls.sni=") || strings.Contains(masks, "http.host=") || strings.Contains(masks, "dns.names=") {
		payload = "Payload, but for the host names that these masks find,"
	}
	w.line(payload+" is as it was captured, and may hold names, addresses, cookies and the like in clear text; %s.", headers)
}

// forges reports whether fields were rewritten before they were masked.
func forges(s *manifest.Settings) bool {
	fields := s.Get("forge")
	return fields != "" && fields != "none"
}

// forged says what was rewritten before it was masked.
func (w *writer) forged(s *manifest.Settings) {
	if !forges(s) {
		return
	}
	key := "**without a secret key**, so that everybody can undo it"
	if id := s.Get("forge_key"); id != "" {
		key = "under a secret key (id `" + code(id) + "`)"
	}
	w.line("A challenge twin: before it was masked, these fields were rewritten, %s: `%s`. What is kept of them is what they became.\n", key, code(s.Get("forge")))
}

// done is what an action of a single field has done.
func done(action string) string {
	switch action {
	case "zero":
		return "zeroed."
	case "ones":
		return "0xff in its place."
	case "remove":
		return "cut out."
	case "relative":
		return "the difference to the first one of the same direction."
	}
	return "`" + code(action) + "`."
}

// pseudonyms reports whether addresses in the samples were replaced by pseudonyms.
func pseudonyms(s *manifest.Settings) bool {
	mac, ip := s.Get("mac"), s.Get("ip")
	return s.Get("content") != "payload" && (mac == "anonymize" || ip == "anonymize" || ip == "prefix")
}

func maskLine(what, value string) string {
	switch value {
	case "remove":
		return what + ": cut out."
	case "zero":
		return what + ": zeroed."
	case "keep":
		return what + ": **kept as they were**."
	case "anonymize":
		return what + ": replaced by pseudonyms; equal ones stay equal."
	case "prefix":
		return what + ": replaced by pseudonyms (Crypto-PAn); equal ones stay equal, and neighbours stay neighbours."
	}
	return what + ": `" + code(value) + "`."
}
