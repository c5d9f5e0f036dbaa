package find

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"os"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/testcap"
)

// TestSevenZip reads what py7zr 1.1.4 writes: two captures of 85 bytes, a text, an empty file
// and directories, by the methods there are. testdata/7z.txt has them in base64.
func TestSevenZip(t *testing.T) {
	text, err := os.ReadFile("testdata/7z.txt")
	if err != nil {
		t.Fatal(err)
	}
	whole := []string{"x/b.pcap pcap 85", "x/d/a.pcap pcap 85", "skip x/none not-a-capture", "skip x/notes.txt not-a-capture"}
	refused := func(why string) []string {
		return []string{"problem x/b.pcap: " + why, "problem x/d/a.pcap: " + why, "problem x/none: " + why, "problem x/notes.txt: " + why}
	}
	const method = "its compression is of a method that is not read: unpack it, and convert what is in it "
	want := map[string][]string{
		"lzma2": whole, "lzma": whole, "bzip2": whole, "deflate": whole, "copy": whole,
		"bcj": refused(method + "(LZMA2, BCJ)"), "ppmd": refused(method + "(PPMd)"), "aes": refused("it is encrypted: unpack it with its password"),
		"aes-names": {"problem x: the 7z archive is damaged or cut off: nothing of it is read; its list of names is encrypted: "},
	}
	seen := 0
	for line := range strings.Lines(string(text)) {
		name, packed, _ := strings.Cut(strings.TrimSpace(line), " ")
		raw, err := base64.StdEncoding.DecodeString(packed)
		if err != nil || want[name] == nil {
			t.Fatal(name, err)
		}
		compare(t, name, found(t, raw), want[name]...)
		seen++
		if name != "lzma2" {
			continue
		}
		for n := range raw { // every cut and every changed byte of a part is an error, or is not seen
			if f := found(t, raw[:n]); n > 6 && (len(f) != 1 || !strings.HasPrefix(f[0], "problem x: the 7z archive is damaged or cut off")) {
				t.Fatalf("cut to %d bytes: %v", n, f)
			}
			if n%5 != 0 {
				continue
			}
			changed := append([]byte(nil), raw...)
			changed[n] ^= 0xff
			if f := strings.Join(found(t, changed), "\n"); (n >= 8 && n < 32 || n >= 255) && !strings.Contains(f, "damaged") {
				t.Errorf("byte %d changed: %s", n, f)
			}
		}
	}
	if seen != len(want) {
		t.Errorf("%d archives, want %d", seen, len(want))
	}
	compare(t, "members", found(t, testcap.SevenZip(testcap.Member{Name: "b", Data: packet}, testcap.Member{Name: "none"}, testcap.Member{Name: "../a", Data: packet}, testcap.Member{Name: "a\\c", Data: packet})),
		"x/a/c pcap", "x/b pcap", "skip x/none not-a-capture", "problem x/../a: its path leads out of the archive")
	compare(t, "empty", found(t, testcap.SevenZip()))

	large := testcap.SevenZip(testcap.Member{Name: "b.pcap", Data: packet}) // a dictionary of 4 GiB
	at := bytes.Index(large, []byte{1, 0x21, 0x21, 1, 8})
	large[at+4] = 40
	binary.LittleEndian.PutUint32(large[28:], crc32.ChecksumIEEE(large[32+binary.LittleEndian.Uint64(large[12:]):]))
	binary.LittleEndian.PutUint32(large[8:], crc32.ChecksumIEEE(large[12:32]))
	compare(t, "large", found(t, large), "problem x: the dictionary of the 7z archive needs 4096 MiB of memory, and --memory leaves 64 MiB for it")
}
