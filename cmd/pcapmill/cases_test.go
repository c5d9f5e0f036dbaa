package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pcapmill/pcapmill/internal/storetest"
)

// cases is the folder of inputs on which the product once fell short, or skips.
func cases(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "cases"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no folder of cases beside the repository: ", err)
	}
	return dir
}

// TestCasesOfTables: tables as tools write them, with the labels that are right.
func TestCasesOfTables(t *testing.T) {
	dir := cases(t)
	email, err := filepath.Abs(filepath.Join("..", "..", "examples", "captures", "email1a.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	mail := filepath.Join(t.TempDir(), "mail.yaml")
	if err := os.WriteFile(mail, []byte("Email: [imaps, smtp, flow=imaps, flow=smtp, email]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const (
		web      = "BENIGN 1, FTP-Patator 1, Web Attack – Brute Force 1"
		zeek     = "Benign 1, C&C 1, DDoS 1"
		thirteen = "Email 13"
		named    = "src_ip=src_ip,src_port=src_port,dst_ip=dst_ip,dst_port=dst_port,"
		byNumber = "src_ip=1,src_port=2,dst_ip=3,dst_port=4,proto=5,"
		halifax  = "--table-preset cicids2017 --table-timezone America/Halifax"
	)
	tuesday := filepath.Join(dir, "01-float-protocol", "Tuesday.pcap")
	reuse := filepath.Join(dir, "11-conflict-port-reuse", "reuse.pcap")
	instants := " --table-time unix --table-columns " + named + "proto=proto,start=s,label=label"
	for _, c := range []struct {
		capture, table, args string
		status               int
		want                 string // classes, or a message
	}{
		{tuesday, "01-float-protocol/tables", halifax, exitDone, web},
		{tuesday, "02-protocol-names/ctu13.binetflow", "--table-preset argus --table-timezone Europe/Prague", exitDone, "flow=Background-TCP 1, flow=From-Botnet-V42-TCP 1, flow=To-Background 1"},
		{tuesday, "02-protocol-names/unsw-a_n.csv", "--table-preset unsw-nb15 --table-columns label=Label", exitDone, "0 1, unknown 2"},
		{tuesday, "02-protocol-names/unsw-tp++.csv", "--table-preset unsw-nb15 --table-columns label=Label", exitDone, "0 1, unknown 2"},
		{tuesday, "02-protocol-names/unsw-tp++.csv", "--table-preset unsw-nb15", exitUsage, `there is no column "attack_cat", which label is to be; --table-columns label=NAME names another`},
		{tuesday, "03-zeek-labeled/conn.log.labeled", "--table-preset zeek-conn", exitDone, zeek},
		{tuesday, "03-zeek-labeled/conn-header-only.tsv", "--table-preset zeek-conn", exitDone, zeek},
		{tuesday, "04-end-before-start/t.csv", "--table-time unix --table-errors 50% --table-columns " + named + "proto=proto,start=s,end=e,label=label", exitDone, "B 1, unknown 2"},
		{tuesday, "04-end-before-start/t.csv", "--table-time unix --table-columns " + named + "proto=proto,start=s,end=e,label=label", exitUsage, "t.csv:2: the flow ends before it starts"},
		{tuesday, "10-tables-that-tools-write/cr-only.csv", halifax, exitDone, web},
		{tuesday, "10-tables-that-tools-write/utf16le.csv", halifax, exitDone, "BENIGN 1, FTP-Patator 1, XSS 1"},
		{tuesday, "10-tables-that-tools-write/t.csv.gz", halifax, exitDone, web},
		{tuesday, "10-tables-that-tools-write/unsw-no-header.csv", "--table-time unix --table-columns " + byNumber + "start=17,end=18,label=20", exitDone, "0 1, 1 2"},
		{reuse, "11-conflict-port-reuse/t.csv", instants, exitFailed, "1 session matches rows of several classes"},
		{reuse, "11-conflict-port-reuse/t.csv", instants + " --table-conflict unknown", exitDone, "unknown 1"},
		{reuse, "11-conflict-port-reuse/t.csv", instants + " --table-conflict longest", exitDone, "A 1"},
		{reuse, "11-conflict-port-reuse/t.csv", instants + " --idle-timeout 60s", exitDone, "A 1, B 1"},
		{email, "12-label-sources/argus.binetflow", "--table-preset argus --table-timezone UTC", exitDone, thirteen},
		{email, "12-label-sources/cicfm-py.csv", "--table-preset cicflowmeter-py --table-timezone UTC", exitDone, thirteen},
		{email, "12-label-sources/cicfm4.csv", "--table-preset cicflowmeter-v4 --table-timezone UTC", exitDone, thirteen},
		{email, "12-label-sources/conn-stripped.tsv", "--table-preset zeek-conn", exitDone, thirteen},
		{email, "12-label-sources/conn.log", "--table-preset zeek-conn", exitDone, thirteen},
		{email, "12-label-sources/conn.json.log", "--table-preset zeek-conn --table-columns label=service", exitDone, thirteen},
		{email, "12-label-sources/eve.json", "--table-preset suricata-eve", exitDone, thirteen},
		{email, "12-label-sources/newline.csv", "--table-time unix-ms --table-columns " + named + "proto=protocol,start=ts,duration_ms=dur,label=label", exitDone, thirteen},
		{email, "12-label-sources/nfstream.csv", "--table-preset nfstream", exitDone, thirteen},
		{email, "12-label-sources/unsw-noheader.csv", "--table-time unix --table-columns " + byNumber + "start=7,label=8", exitDone, thirteen},
		{filepath.Join(dir, "12-label-sources", "pcapml.pcapng"), "", "--label-from comment", exitDone, "email 13"},
		{filepath.Join(dir, "12-label-sources", "pcapml.pcapng"), "", "--label-from comment --labels " + mail, exitDone, thirteen},
	} {
		data := filepath.Join(t.TempDir(), "data")
		args := append([]string{"convert", c.capture, "-o", data}, strings.Fields(c.args)...)
		if c.table != "" {
			args = append(args, "--label-from", "table", "--table", filepath.Join(dir, filepath.FromSlash(c.table)))
		}
		switch {
		case c.capture == email:
			args = append(args, "--labels", mail)
		case c.table != "":
			args = append(args, "--drop", "none", "--dedup", "none")
		}
		checkCase(t, args, c.status, c.want, data)
	}
}

// checkCase runs a command that must end with a status, and either make a dataset with these classes or say something and
// leave none.
func checkCase(t *testing.T, args []string, status int, want, data string) {
	t.Helper()
	var out bytes.Buffer
	if got := run(args, &out, &out); got != status {
		t.Errorf("%q: status %d, need %d\n%s", args, got, status, &out)
		return
	}
	if status != exitDone {
		if _, err := os.Stat(data); err == nil || !strings.Contains(out.String(), want) {
			t.Errorf("%q: a dataset, or not said: %s\n%s", args, want, &out)
		}
		return
	}
	m, err := storetest.Load(data)
	if err != nil {
		t.Error(err)
		return
	}
	var have []string
	for _, c := range m.Classes {
		if c.Samples > 0 {
			have = append(have, fmt.Sprint(c.Name, " ", c.Samples))
		}
	}
	if got := strings.Join(have, ", "); got != want {
		t.Errorf("%q: %s, want %s", args, got, want)
	}
}
