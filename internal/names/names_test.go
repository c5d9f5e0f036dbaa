package names_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/names"
)

// found are the parts of names that a search visits in a payload, and how many are cut.
func found(payload string, search func([]byte, names.Visit) int) (parts []string, cut int) {
	cut = search([]byte(payload), func(at, n int) { parts = append(parts, payload[at:at+n]) })
	return parts, cut
}

// extension is a server_name extension.
func extension(name string) string {
	n := uint16(len(name))
	b := binary.BigEndian.AppendUint16([]byte{0, 0}, n+5)
	b = binary.BigEndian.AppendUint16(b, n+3)
	b = binary.BigEndian.AppendUint16(append(b, 0), n)
	return string(b) + name
}

func TestSNI(t *testing.T) {
	whole := extension("www.example.com")
	for name, c := range map[string]struct {
		payload string
		want    []string
		cut     int
	}{
		"alone":         {whole, []string{"www.example.com"}, 0},
		"anywhere":      {"junk\x00\x00" + whole + "\x00\x17", []string{"www.example.com"}, 0},
		"zeros before":  {strings.Repeat("\x00", 50) + whole, []string{"www.example.com"}, 0},
		"two":           {whole + whole, []string{"www.example.com", "www.example.com"}, 0},
		"cut":           {whole[:13], []string{"www."}, 1},
		"nothing of it": {whole[:9], nil, 0},
		"cut, of 45":    {extension(strings.Repeat("b", 45))[:30], []string{strings.Repeat("b", 21)}, 1},
		"cut, of 254":   {extension(strings.Repeat("b", 255))[:263], []string{strings.Repeat("b", 254)}, 1},
		"longest":       {extension(strings.Repeat("a", 255)), []string{strings.Repeat("a", 255)}, 0},
		"too long":      {extension(strings.Repeat("a", 256)), nil, 0},
		"no name":       {extension(""), nil, 0},
		"other bytes":   {extension("www example"), nil, 0},
		"underscore":    {extension("_x-1.Y"), []string{"_x-1.Y"}, 0},
		"other lengths": {strings.Replace(whole, "\x14", "\x15", 1), nil, 0},
		"other type":    {strings.Replace(whole, "\x12\x00", "\x12\x01", 1), nil, 0},
	} {
		if cut := names.SNICut([]byte(c.payload)); cut != c.cut {
			t.Errorf("%s: %d cut, want %d", name, cut, c.cut)
		}
		if have, cut := found(c.payload, names.SNI); !slices.Equal(have, c.want) || cut != c.cut {
			t.Errorf("%s: %q, %d cut; want %q, %d", name, have, cut, c.want, c.cut)
		}
	}
}

func TestHost(t *testing.T) {
	for name, c := range map[string]struct {
		payload string
		want    []string
		cut     int
	}{
		"plain":           {"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", []string{"a.example"}, 0},
		"lf, any case":    {"GET / HTTP/1.0\nhOsT:\t a.example:80 \nX: y\n", []string{"a.example:80 "}, 0},
		"two":             {"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\nHOST:b\r\n\r\nHost: body\r\n", []string{"a", "b"}, 0},
		"cut":             {"POST /x HTTP/1.1\r\nHost: a.exa", []string{"a.exa"}, 1},
		"cut before":      {"POST /x HTTP/1.1\r\nHost: ", nil, 0},
		"empty":           {"GET / HTTP/1.1\r\nHost: \r\n\r\n", nil, 0},
		"scheme":          {"GET http://u@a.example:80/x?y HTTP/1.1\r\n\r\n", []string{"u@a.example:80"}, 0},
		"scheme, no path": {"GET coap+tcp://a.example?y HTTP/1.1\r\n", []string{"a.example"}, 0},
		"connect":         {"CONNECT a.example:443 HTTP/1.1\r\nHost: b\r\n", []string{"a.example:443", "b"}, 0},
		"no scheme":       {"GET /http://a.example HTTP/1.1\r\n", nil, 0},
		"method":          {"M-SEARCH_A * HTTP/1.1\r\nHost: a\r\n", []string{"a"}, 0},
		"method of 20":    {strings.Repeat("A", 20) + " / HTTP/1.1\r\nHost: a\r\n", []string{"a"}, 0},
		"method of 21":    {strings.Repeat("A", 21) + " / HTTP/1.1\r\nHost: a\r\n", nil, 0},
		"small letters":   {"get / HTTP/1.1\r\nHost: a\r\n", nil, 0},
		"begins with -":   {"-GET / HTTP/1.1\r\nHost: a\r\n", nil, 0},
		"version":         {"GET / HTTP/2.0\r\nHost: a\r\n", nil, 0},
		"response":        {"HTTP/1.1 200 OK\r\nHost: a\r\n", nil, 0},
		"two spaces":      {"GET  HTTP/1.1\r\nHost: a\r\n", nil, 0},
		"space in target": {"GET /a b HTTP/1.1\r\nHost: a\r\n", nil, 0},
		"no line end":     {"CONNECT a.example:443 HTTP/1.1", nil, 0},
		"space in name":   {"GET / HTTP/1.1\r\nHost : a\r\n", nil, 0},
	} {
		if have, cut := found(c.payload, names.Host); !slices.Equal(have, c.want) || cut != c.cut {
			t.Errorf("%s: %q, %d cut; want %q, %d", name, have, cut, c.want, c.cut)
		}
	}
}

// message is a DNS message with the given counts of questions and answers.
func message(questions, answers int, body string) string {
	return "\x12\x34\x81\x80\x00" + string(rune(questions)) + "\x00" + string(rune(answers)) + "\x00\x00\x00\x00" + body
}

// record is a resource record whose name is a pointer.
func record(kind int, data string) string {
	return "\xc0\x0c\x00" + string(rune(kind)) + "\x00\x01\x00\x00\x00\x3c\x00" + string(rune(len(data))) + data
}

func TestDNS(t *testing.T) {
	const question = "\x03www\x07example\x00\x00\x01\x00\x01"
	reply := message(1, 1, question+record(5, "\x05other\xc0\x10"))
	over := func(m string) string { return "\x00" + string(rune(len(m))) + m }
	for name, c := range map[string]struct {
		udp     bool
		payload string
		want    []string
		cut     int
	}{
		"question":         {true, message(1, 0, question), []string{"www", "example"}, 0},
		"answer":           {true, reply, []string{"www", "example", "other"}, 0},
		"tcp":              {false, over(reply) + over(message(1, 0, question)), []string{"www", "example", "other", "www", "example"}, 0},
		"tcp, too short":   {false, "\x00\x0b" + message(1, 0, question), nil, 0},
		"cut in a label":   {true, message(1, 0, question)[:19], []string{"www", "ex"}, 1},
		"cut before label": {true, message(1, 0, question)[:17], []string{"www"}, 1},
		"cut behind label": {true, message(1, 0, question)[:16], []string{"www"}, 1},
		"cut in pointer":   {true, message(1, 0, "\x01a\xc0"), []string{"a"}, 1},
		"nothing of it":    {true, message(1, 0, ""), nil, 0},
		"short header":     {true, reply[:11], nil, 0},
		"soa":              {true, message(0, 1, record(6, "\x01a\x00\x01b\x00"+strings.Repeat("\x01", 20))), []string{"a", "b"}, 0},
		"mx":               {true, message(0, 1, record(15, "\x01x\x01a\x00")), []string{"a"}, 0},
		"srv":              {true, message(0, 1, record(33, "\x01x\x01x\x01x\x01a\x00")), []string{"a"}, 0},
		"rrsig":            {true, message(0, 1, record(46, strings.Repeat("\x01", 18)+"\x01a\x00rest")), []string{"a"}, 0},
		"https":            {true, message(0, 1, record(65, "\x00\x01\x01a\x00rest")), []string{"a"}, 0},
		"txt":              {true, message(0, 2, record(16, "\x01a\x00")+record(2, "\x01b\x00")), []string{"b"}, 0},
		"label of 64":      {true, message(2, 0, "\x01a\x40b\x00"), []string{"a"}, 0},
		"beyond its data":  {true, message(0, 2, record(2, "\x05ab")+record(2, "\x01b\x00")), []string{"ab"}, 0},
		"snapped data":     {true, message(0, 1, record(2, "\x05other\x00"))[:30], []string{"other"}, 1},
	} {
		have, cut := found(c.payload, func(b []byte, v names.Visit) int { return names.DNS(b, c.udp, v) })
		if !slices.Equal(have, c.want) || cut != c.cut {
			t.Errorf("%s: %q, %d cut; want %q, %d", name, have, cut, c.want, c.cut)
		}
	}
}

// FuzzNames: whatever the payload, spans lie within it; a name is cut only where one is seen or begins; and the labels that a
// beginning of a message shows are those of the whole.
func FuzzNames(f *testing.F) {
	f.Add([]byte(extension("www.example.com")), 12)
	f.Add([]byte(extension(strings.Repeat("b", 45)))[:30], 12)
	f.Add([]byte("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n"), 30)
	f.Add([]byte(message(1, 1, "\x03www\x00\x00\x01\x00\x01"+record(15, "\x00\x01\x01a\x00"))), 20)
	f.Add([]byte("\x00\x20"+message(1, 0, "\x03www\x07example\x00\x00\x01\x00\x01")), 22)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		checkNames(t, "SNI", b, names.SNI)
		if have, want := names.SNICut(b), names.SNI(b, func(int, int) {}); have != want {
			t.Fatalf("%d names cut, the search says %d: %q", have, want, b)
		}
		checkNames(t, "Host", b, names.Host)
		for _, udp := range []bool{false, true} {
			search := func(b []byte, v names.Visit) int { return names.DNS(b, udp, v) }
			whole := checkNames(t, "DNS", b, search)
			if n < 0 || n > len(b) {
				continue
			}
			for i, is := range checkNames(t, "DNS", b[:n], search) {
				if is && !whole[i] {
					t.Fatalf("byte %d of %q is a name's only where the rest is missing", i, b)
				}
			}
		}
	})
}

// checkNames returns which bytes are of names.
func checkNames(t *testing.T, name string, b []byte, search func([]byte, names.Visit) int) []bool {
	marks := make([]bool, len(b))
	cut := search(b, func(at, n int) {
		if n < 1 || at < 0 || at+n > len(b) {
			t.Fatalf("%s: %d bytes at %d of %d", name, n, at, len(b))
		}
		for i := range n {
			marks[at+i] = true
		}
	})
	if cut > 0 && name != "DNS" && !marks[len(b)-1] {
		t.Fatalf("%s: %d cut, and none at the end of %q", name, cut, b)
	}
	return marks
}
