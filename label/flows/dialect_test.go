package flows_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/pcapmill/pcapmill/internal/draw"
	"github.com/pcapmill/pcapmill/label/flows"
)

const oneRow = "10.0.0.1,1,10.0.0.2,2,6,100,50,Caf\u00e9 \U0001f600\n"

// toUTF16 encodes text.
func toUTF16(text string, order binary.ByteOrder) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = append(b, 0, 0)
		order.PutUint16(b[len(b)-2:], unit)
	}
	return b
}

// TestDialects: the same row in every way that a table may be written.
func TestDialects(t *testing.T) {
	text := head + oneRow
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte(text))
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	object := `{"src_ip":"10.0.0.1","src_port":1,"dst_ip":"10.0.0.2","dst_port":2.0,"proto":"TCP","start":100,"duration":50,"label":"Caf\u00e9 \ud83d\ude00","other":{"a":[1]}}` + "\n"
	zeek := "#separator \\x09\n#set_separator\t,\n#unset_field\t-\n#fields\tstart\tsrc_ip\tsrc_port\tdst_ip\tdst_port\tproto\tduration\tlabel\n#types\ta\n" +
		"100\t10.0.0.1\t1\t10.0.0.2\t2\ttcp\t50\tCaf\u00e9 \U0001f600\n#close\tnow\n"
	for name, table := range map[string][]byte{
		"comma": []byte(text), "semicolon": []byte(strings.ReplaceAll(text, ",", ";")), "tab": []byte(strings.ReplaceAll(text, ",", "\t")),
		"pipe": []byte(strings.ReplaceAll(text, ",", "|")), "mark": []byte("\ufeff" + text), "gzip": packed.Bytes(),
		"CR": []byte(strings.ReplaceAll(text, "\n", "\r")), "CRLF": []byte(strings.ReplaceAll(text, "\n", "\r\n")),
		"UTF-16LE": toUTF16("\ufeff"+text, binary.LittleEndian), "UTF-16BE": toUTF16("\ufeff"+text, binary.BigEndian),
		"UTF-16LE without mark": toUTF16(text, binary.LittleEndian), "JSON": []byte(object), "Zeek": []byte(zeek),
	} {
		x, err := read(t, plain(), string(table))
		if err != nil || fmt.Sprintf("%q", x.Classes()) != "[\"Caf\u00e9 \U0001f600\"]" || x.Counts().Rows != 1 {
			t.Errorf("%s: %q, %+v, %v", name, x.Classes(), x.Counts(), err)
			continue
		}
		byOrder(x)
		a, b := ends("10.0.0.1:1", "10.0.0.2:2")
		if _, _, ok, err := x.Label(a, b, 6, 120, 130); !ok || err != nil {
			t.Errorf("%s: no match: %v", name, err)
		}
	}
}

// TestByNumber: a table without a header line; a first line without an address is passed over.
func TestByNumber(t *testing.T) {
	o := flows.Options{Times: "unix-ns"}
	if err := o.SetColumns("src_ip=1,src_port=2,dst_ip=3,dst_port=4,proto=5,start=6,label=8"); err != nil {
		t.Fatal(err)
	}
	for _, first := range []string{"", "a,b,c,d,e,f,g,h\n"} {
		x, err := read(t, o, first+"10.0.0.1,0x0001,10.0.0.2,2.0,6.0,100,50,one\n10.0.0.1,1,10.0.0.2,2,17,100,50,two\n")
		if err != nil || fmt.Sprint(x.Classes()) != "[one two]" || x.Counts().Rows != 2 {
			t.Errorf("%v, %+v, %v", x.Classes(), x.Counts(), err)
		}
	}
	if _, err := read(t, o, "10.0.0.1,1,10.0.0.2,2\n"); err == nil || !strings.Contains(err.Error(), "4 fields in the first line, and column 8") {
		t.Errorf("few fields: %v", err)
	}
}

// TestLeft: rows that cannot be used are counted by reason, with their lines, and more than was allowed refuse the table.
func TestLeft(t *testing.T) {
	rows := "10.0.0.1,1,10.0.0.2,2,a/n,1,1,x\n" + "10.0.0.1,1,10.0.0.2,2,tp++,1,1,x\n" + "10.0.0.1,,10.0.0.2,-,udp,1,1,x\n" +
		"10.0.0.1,1,10.0.0.2,2,6,1,1,(empty)\n" + "10.0.0.1,1,10.0.0.2,2,6,-,1,x\n" + "10.0.0.1,1,10.0.0.2,2,6,soon,1,x\n" + ",,,,,,,\n" + oneRow
	o := plain()
	o.Errors = "2"
	x, err := read(t, o, head+rows)
	if err != nil {
		t.Fatal(err)
	}
	want := "[{blank 1 [flows.csv:8]} {other-protocol 2 [flows.csv:2 flows.csv:3]} {no-label 1 [flows.csv:5]} {no-port 1 [flows.csv:4]} {no-time 1 [flows.csv:6]} {bad-value 1 [flows.csv:7]}]"
	if got := fmt.Sprint(x.Left()); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for _, errs := range []string{"", "1", "24%"} { // 2 of 8 rows: those that are not blank
		o.Errors = errs
		var e *flows.RowsError
		if _, err := read(t, o, head+rows+oneRow); !errors.As(err, &e) || e.Bad != 2 || e.All != 8 || len(e.First) != 2 {
			t.Errorf("%q: %v", errs, err)
		}
	}
	o.Errors = "25%"
	if _, err := read(t, o, head+rows+oneRow); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"-1", "x", "101%", "%", "NaN%"} {
		o.Errors = bad
		if _, err := flows.New(o); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestQuotedLineBreaks: fields in quotes may have line breaks, and lines are counted as an editor does.
func TestQuotedLineBreaks(t *testing.T) {
	draw.Check(t, func(t *rapid.T) {
		var b strings.Builder
		b.WriteString(strings.TrimSuffix(head, "\n") + ",note\n")
		w := csv.NewWriter(&b)
		lines, line := []int{}, 2
		for i := range rapid.IntRange(1, 6).Draw(t, "rows") {
			note := rapid.StringMatching("[\",\n a]{0,8}").Draw(t, "note")
			lines = append(lines, line)
			line += 1 + strings.Count(note, "\n")
			_ = w.Write([]string{"10.0.0.1", fmt.Sprint(i), "10.0.0.2", "2", "6", "1", "1", "x", note})
		}
		w.Flush()
		x, err := flows.New(plain())
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Read(strings.NewReader(b.String()), "f", plain()); err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		byOrder(x)
		for i, want := range lines {
			a, z := ends(fmt.Sprintf("10.0.0.1:%d", i), "10.0.0.2:2")
			if _, at, ok, err := x.Label(a, z, 6, 1, 1); !ok || err != nil || at.Line != want {
				t.Fatalf("row %d is in line %d (%t, %v), want %d, of\n%s", i, at.Line, ok, err, want, b.String())
			}
		}
	})
}

// TestOpenRows: a row without an end has sessions that begin shortly after it, the nearest row first.
func TestOpenRows(t *testing.T) {
	x, err := read(t, plain(), head+"10.0.0.1,1,10.0.0.2,2,6,1000,-,one\n10.0.0.1,1,10.0.0.2,2,6,5000000000,,two\n10.0.0.1,3,10.0.0.2,2,6,1000,1,three\n")
	if err != nil {
		t.Fatal(err)
	}
	byOrder(x)
	a, b := ends("10.0.0.1:1", "10.0.0.2:2")
	for at, want := range map[int64]uint16{500: 0, 1000: 10, 4e9: 10, 6e9: 12, 15e9: 12, 15e9 + 1: 0} {
		label, _, ok, err := x.Label(a, b, 6, at, at)
		if err != nil || ok != (want > 0) || label != want {
			t.Errorf("at %d: %d, %t, %v; want %d", at, label, ok, err, want)
		}
	}
	a, _ = ends("10.0.0.1:3", "10.0.0.2:2")
	if _, _, ok, _ := x.Label(a, b, 6, 2e9, 2e9); ok {
		t.Error("a row with an end has sessions behind it")
	}
}

// TestPresets: each is complete but for the layout of ambiguous times.
func TestPresets(t *testing.T) {
	for _, name := range flows.Presets() {
		o, err := flows.Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		if o.Zone = "UTC"; o.Times == "" {
			o.Times = "unix"
		}
		if _, err := flows.New(o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEmptyAttackCategory: in the UNSW-NB15 preset an empty attack_cat is Normal. In another column that label= names, an
// empty field is no label, whether the column is named or numbered; attack_cat by its number is attack_cat.
func TestEmptyAttackCategory(t *testing.T) {
	row := make([]string, 49)
	for i, text := range map[int]string{1: "10.0.0.1", 2: "1", 3: "10.0.0.2", 4: "2", 5: "tcp", 29: "100", 30: "101", 10: " "} {
		row[i-1] = text
	}
	for columns, want := range map[string]string{"": "[Normal]", "label=attack_cat": "[Normal]", "label=48": "[Normal]", "label=10": "[]", "label=49": "[]"} {
		o, err := flows.Preset("unsw-nb15")
		if err != nil {
			t.Fatal(err)
		}
		if columns != "" {
			if err := o.SetColumns(columns); err != nil {
				t.Fatal(err)
			}
		}
		x, err := read(t, o, strings.Join(row, ",")+"\n")
		if err != nil || fmt.Sprint(x.Classes()) != want {
			t.Errorf("%q: %v, %v; want %s", columns, x.Classes(), err, want)
		}
	}
}
