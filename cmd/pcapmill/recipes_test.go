package main

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pcapmill/pcapmill/internal/storetest"
	"github.com/pcapmill/pcapmill/internal/testcap"
	"github.com/pcapmill/pcapmill/split"
)

// site is a made-up download of a dataset.
type site struct {
	t   *testing.T
	dir string
	n   int // captures made so far
}

func (s *site) file(name string, data []byte) {
	s.t.Helper()
	p := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(p, data, 0o666); err != nil {
		s.t.Fatal(err)
	}
}

// capture is one more capture of a few sessions, like no other.
func (s *site) capture() []byte {
	s.n++
	c := recipe{link: testcap.Ethernet, sessions: 6, payload: 60, format: "pcap", seed: s.n}
	return c.file()
}

func (s *site) members(names ...string) (list []testcap.Member) {
	for _, name := range names {
		list = append(list, testcap.Member{Name: name, Data: s.capture()})
	}
	return list
}

// flow is a session of a capture, with the class that a table gives it.
type flow struct {
	at    time.Time
	port  uint16
	class string
}

var flowEnds = [2]netip.Addr{netip.MustParseAddr("192.168.10.50"), netip.MustParseAddr("172.16.0.1")}

// flows makes n sessions of each class, which begin a minute apart, and a capture of them.
func (s *site) flows(from time.Time, n int, classes ...string) (list []flow, raw []byte) {
	var packets []testcap.Packet
	for _, class := range classes {
		for range n {
			s.n++
			f := flow{from.Add(time.Duration(len(list)) * time.Minute), uint16(20000 + s.n), class}
			list = append(list, f)
			packets = append(packets, testcap.Packet{Time: f.at.UnixNano(), LinkType: testcap.Raw, Data: testcap.Build(
				testcap.IPv4{Src: flowEnds[1], Dst: flowEnds[0]}, testcap.TCP{SrcPort: f.port, DstPort: 80}, testcap.Payload(fmt.Sprintf("%s %d %x", class, s.n, s.n*7919)))})
		}
	}
	return list, testcap.Pcap{LinkType: testcap.Raw}.File(packets...)
}

// downloads are the trees that the pages in docs/recipes speak of, by page.
var downloads = map[string]struct {
	make     func(s *site)
	out      string
	captures int
	classes  []string
}{
	"iscx-vpn2016.md": {out: "iscx", captures: 129, make: func(s *site) {
		table, err := os.ReadFile(filepath.Join("..", "..", "label", "testdata", "iscx-vpn.tsv"))
		if err != nil {
			s.t.Fatal(err)
		}
		parts := map[string][]testcap.Member{}
		for line := range strings.Lines(string(table)) {
			f := strings.Split(strings.TrimSpace(line), "\t")
			if len(f) != 3 || f[1] != "vpn" && f[1] != "nonvpn" {
				continue
			}
			archive := []string{"VPN-PCAPS-01.zip", "VPN-PCAPs-02.zip"}[s.n%2]
			if f[1] == "nonvpn" {
				archive = fmt.Sprintf("NonVPN-PCAPs-0%d.zip", 1+s.n%3)
			}
			parts[archive] = append(parts[archive], s.members(f[0])...)
		}
		for name, list := range parts {
			s.file("ISCX-VPN2016/"+name, testcap.Zip(true, list...))
		}
	}, classes: []string{"Chat", "Email", "File_Transfer", "Streaming", "VPN_Chat", "VPN_Email", "VPN_File_Transfer", "VPN_P2P", "VPN_Streaming", "VPN_VoIP", "VoIP"}},
	"ustc-tfc2016.md": {out: "ustc", captures: 24, make: func(s *site) {
		for _, name := range strings.Fields("Benign/BitTorrent Benign/Facetime Benign/Gmail Benign/MySQL Benign/Outlook Benign/Skype Benign/WorldOfWarcraft " +
			"Malware/Cridex Malware/Geodo Malware/Htbot Malware/Miuref Malware/Neris Malware/Nsis-ay Malware/Shifu Malware/Tinba Malware/Virut Malware/Zeus") {
			s.file("USTC-TFC2016/"+name+".pcap", s.capture())
		}
		s.file("USTC-TFC2016/Benign/FTP.7z", testcap.SevenZip(s.members("FTP.pcap")...))
		s.file("USTC-TFC2016/Benign/SMB.7z", testcap.SevenZip(s.members("SMB-1.pcap", "SMB-2.pcap")...))
		s.file("USTC-TFC2016/Benign/Weibo.7z", testcap.SevenZip(s.members("Weibo-1.pcap", "Weibo-2.pcap", "Weibo-3.pcap", "Weibo-4.pcap")...))
	}, classes: strings.Fields("Benign_BitTorrent Benign_FTP Benign_Facetime Benign_Gmail Benign_MySQL Benign_Outlook Benign_SMB Benign_Skype Benign_Weibo " +
		"Benign_WorldOfWarcraft Malware_Cridex Malware_Geodo Malware_Htbot Malware_Miuref Malware_Neris Malware_Nsis-ay Malware_Shifu Malware_Tinba Malware_Virut Malware_Zeus")},
	"cic-ids2017.md": {out: "cicids", captures: 3, make: func(s *site) {
		const head = "Flow ID, Source IP, Source Port, Destination IP, Destination Port, Protocol, Timestamp, Flow Duration, Label\n"
		var tables []testcap.Member
		for i, day := range []struct {
			name    string
			classes []string
		}{
			{"Monday-WorkingHours", []string{"BENIGN"}},
			{"Tuesday-WorkingHours", []string{"BENIGN", "FTP-Patator", "SSH-Patator"}},
			{"Wednesday-workingHours", []string{"BENIGN", "DoS Hulk", "Heartbleed"}},
		} {
			list, raw := s.flows(time.Date(2017, 7, 3+i, 12, 30, 0, 0, time.UTC), 8, day.classes...) // half past nine there
			s.file("PCAPs/"+day.name+".pcap", raw)
			text := head
			for _, f := range list {
				text += fmt.Sprintf("x,%s,%d,%s,80,6,%s,1000,%s\n", flowEnds[1], f.port, flowEnds[0], f.at.Add(-3*time.Hour).Format("2/1/2006 3:04"), f.class)
			}
			tables = append(tables, testcap.Member{Name: "TrafficLabelling /" + day.name + ".pcap_ISCX.csv", Data: []byte(text)})
		}
		s.file("GeneratedLabelledFlows.zip", testcap.Zip(true, tables...))
		if page := docPage(s.t, "docs/recipes/cic-ids2017.md"); !strings.Contains(page, "    unzip -q GeneratedLabelledFlows.zip -d flows\n") {
			s.t.Fatal("the page unpacks something else")
		}
		for _, m := range tables { // as unzip does
			s.file("flows/"+m.Name, m.Data)
		}
	}, classes: []string{"BENIGN", "DoS Hulk", "FTP-Patator", "Heartbleed", "SSH-Patator"}},
	"cic-iot2023.md": {out: "ciciot", captures: 8, make: func(s *site) {
		for _, name := range []string{
			"Benign_Final/BenignTraffic", "Benign_Final/BenignTraffic1", "DDoS-ICMP_Flood/DDoS-ICMP_Flood", "DDoS-ICMP_Flood/DDoS-ICMP_Flood1",
			"BrowserHijacking/BrowserHijacking", "Mirai-greeth_flood/Mirai-greeth_flood",
		} {
			s.file("CIC_IOT_Dataset2023/"+name+".pcap", s.capture())
		}
		s.file("CIC_IOT_Dataset2023/more.zip", testcap.Zip(true, s.members("DNS_Spoofing/DNS_Spoofing.pcap", "Mirai-greeth_flood/Mirai-greeth_flood1.pcap")...))
	}, classes: []string{"Benign_Final", "BrowserHijacking", "DDoS-ICMP_Flood", "DNS_Spoofing", "Mirai-greeth_flood"}},
	"ctu-13.md": {out: "ctu13", captures: 13, make: func(s *site) {
		list := []testcap.Member{{Name: "CTU-13-Dataset/1/Neris.exe", Data: []byte("MZ, which is no program")}, {Name: "CTU-13-Dataset/1/capture20110810.binetflow", Data: []byte("StartTime,Dur,Proto\n")}}
		for i, name := range []string{
			"20110810-neris", "20110811-neris", "20110812-rbot", "20110815-rbot-dos", "20110815-fast-flux", "20110816-donbot", "20110816-sogou",
			"20110816-qvod", "20110817-bot", "20110818-bot", "20110818-bot-2", "20110819-bot", "20110815-fast-flux-2",
		} {
			list = append(list, s.members(fmt.Sprintf("CTU-13-Dataset/%d/botnet-capture-%s.pcap", i+1, name))...)
		}
		s.file("CTU-13-Dataset.tar.bz2", testcap.Tar(list...))
		cmd := exec.Command("bzip2", filepath.Join(s.dir, "CTU-13-Dataset.tar.bz2"))
		if err := cmd.Run(); err == nil {
			err = os.Rename(filepath.Join(s.dir, "CTU-13-Dataset.tar.bz2.bz2"), filepath.Join(s.dir, "CTU-13-Dataset.tar.bz2"))
			if err != nil {
				s.t.Fatal(err)
			}
		} else { // no such program here; content decides, so gzip under that name is read as well
			s.file("CTU-13-Dataset.tar.bz2", testcap.Gzip(testcap.Tar(list...)))
		}
	}, classes: []string{"Menti", "Murlo", "NSIS", "Neris", "Rbot", "Sogou", "Virut"}},
	"unsw-nb15.md": {out: "unsw", captures: 4, make: func(s *site) {
		text := ""
		for i, name := range []string{"pcaps 22-1-2015/1.pcap", "pcaps 22-1-2015/2.pcap", "pcaps 17-2-2015/1.pcap", "pcaps 17-2-2015/2.pcap"} {
			list, raw := s.flows(time.Date(2015, time.Month(1+i/2), 22-5*(i/2), 12+i, 0, 0, 0, time.UTC), 5, "", "Exploits", "Fuzzers")
			s.file(name, raw)
			for _, f := range list {
				row := slices.Repeat([]string{"0"}, 49)
				row[0], row[1], row[2], row[3], row[4] = flowEnds[1].String(), fmt.Sprint(f.port), flowEnds[0].String(), "80", "tcp"
				row[28], row[29], row[47] = fmt.Sprint(f.at.Unix()), fmt.Sprint(f.at.Unix()+1), f.class
				text += strings.Join(row, ",") + "\n"
			}
		}
		for i := range 4 {
			lines := strings.SplitAfter(text, "\n")
			s.file(fmt.Sprintf("flows/UNSW-NB15_%d.csv", i+1), []byte(strings.Join(lines[i*15:(i+1)*15], "")))
		}
	}, classes: []string{"Exploits", "Fuzzers", "Normal"}},
	"mawi.md": {out: "mawi", captures: 4, make: func(s *site) {
		for i, name := range []string{"201901011400", "201902011400", "202001011400", "202002011400"} {
			_, raw := s.flows(time.Date(2019+i/2, time.Month(1+i%2), 1, 5, 0, 0, 0, time.UTC), 20, name)
			s.file("MAWI/"+name+".pcap.gz", testcap.Gzip(raw))
		}
	}, classes: []string{"2019", "2020"}},
}

// TestRecipes runs every command of the recipes on a made-up download. Each ends in a dataset with
// the classes of the page, every one of them on every side.
func TestRecipes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash: the commands of the recipes are not run")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "pcapmill")); err != nil {
		t.Skipf("no symbolic links: %v", err)
	}
	pages, err := filepath.Glob("../../docs/recipes/[^p]*.md") // paper-*.md: TestPresetPages
	if err != nil || len(pages) != len(downloads)+1 {
		t.Fatalf("%v: %d pages, and %d downloads", err, len(pages), len(downloads))
	}
	for name, c := range downloads {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &site{t: t, dir: t.TempDir()}
			c.make(s)
			page := docPage(t, "docs/recipes/"+name)
			if yaml := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(page); yaml != nil {
				s.file("classes.yaml", []byte(yaml[1]))
			}
			lines := commandsOf(page)
			if len(lines) < 4 {
				t.Fatalf("%d commands", len(lines))
			}
			for _, line := range lines {
				cmd := exec.Command(bash, "-c", line)
				cmd.Dir = s.dir
				cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", line, err, out)
				}
			}
			out := filepath.Join(s.dir, c.out)
			m, err := storetest.Load(out)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join(out, "splits.json"))
			if err != nil {
				t.Fatal(err)
			}
			r, err := split.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			var classes []string
			for _, x := range r.Classes {
				classes = append(classes, x.Name)
				if len(x.Empty) > 0 {
					t.Errorf("%s is not on all sides: %+v", x.Name, x)
				}
			}
			slices.Sort(classes)
			if len(m.Captures) != c.captures || !slices.Equal(classes, c.classes) {
				t.Errorf("%d captures, want %d; classes %q, want %q", len(m.Captures), c.captures, classes, c.classes)
			}
		})
	}
}
