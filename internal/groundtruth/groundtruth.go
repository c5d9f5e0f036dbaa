// Package groundtruth holds what independent tools say about the captures in ../shared/captures, and why pcapmill says
// something else where it does.
//
// The numbers come from two tables there: ground-truth.tsv (tshark 4.0.17, reassembly off) and INDEX.tsv (a plain reader of the
// file structure). Compare turns one implementation's counts into a list of differences, Unexplained strikes out those that the
// table in explained.tsv gives a reason for. A reason names the file, the column and both numbers, so it covers nothing but
// what was looked at. The captures are not part of the repository; a test without them skips.
package groundtruth

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ErrAbsent says that the folder with the captures is not there.
var ErrAbsent = errors.New("no folder shared/captures next to the repository; set PCAPMILL_TEST_SHARED to the folder that holds captures")

// Shared returns the folder "shared": what PCAPMILL_TEST_SHARED names, else the first one on the way up from the working directory.
func Shared() (string, error) {
	if dir := os.Getenv("PCAPMILL_TEST_SHARED"); dir != "" {
		if _, err := os.Stat(filepath.Join(dir, "captures")); err != nil {
			return "", fmt.Errorf("%w (PCAPMILL_TEST_SHARED is %s)", ErrAbsent, dir)
		}
		return dir, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		shared := filepath.Join(dir, "shared")
		if _, err := os.Stat(filepath.Join(shared, "captures")); err == nil {
			return shared, nil
		}
		if dir == filepath.Dir(dir) {
			return "", ErrAbsent
		}
	}
}

// Row is one capture. Only files that INDEX.tsv calls captures have one; IDX files and tables have none.
type Row struct {
	Path      string // below captures/, with slashes
	SHA256    string
	Format    string // "pcap LE us", "pcapng BE", "not-a-capture", ...
	LinkTypes string // names, joined by commas
	Container string // ok, trunc-record-data, bogus-caplen, ...
	Records   int    // up to the first damage; a captured length above 16 MiB is damage there
	Note      string
	// Truth is the row of ground-truth.tsv by column name, nil if there is none. Only columns with a number are in it.
	Truth map[string]int
}

// Folder returns the first part of the path: labelled, iscx, ustc, links or malformed.
func (r Row) Folder() string {
	folder, _, _ := strings.Cut(r.Path, "/")
	return folder
}

// Load reads both tables of the folder that Shared returned, in the order of INDEX.tsv.
func Load(shared string) ([]Row, error) {
	captures := filepath.Join(shared, "captures")
	index, err := table(filepath.Join(captures, "INDEX.tsv"))
	if err != nil {
		return nil, err
	}
	truth, err := table(filepath.Join(captures, "ground-truth.tsv"))
	if err != nil {
		return nil, err
	}
	numbers := map[string]map[string]int{}
	for _, line := range truth {
		numbers[line["path"]] = numbersOf(line)
	}
	var rows []Row
	for _, line := range index {
		if line["container"] == "" {
			continue
		}
		records, _ := strconv.Atoi(line["records"]) // empty for what is not a capture
		rows = append(rows, Row{
			Path: line["path"], SHA256: line["sha256"], Format: line["format"], LinkTypes: line["link_types"],
			Container: line["container"], Records: records, Note: line["note"], Truth: numbers[line["path"]],
		})
	}
	return rows, nil
}

func numbersOf(line map[string]string) map[string]int {
	m := map[string]int{}
	for column, text := range line {
		if n, err := strconv.Atoi(text); err == nil {
			m[column] = n
		}
	}
	return m
}

// table reads a file of tab-separated values with a header line.
func table(path string) ([]map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseTSV(path, string(text))
}

// parseTSV returns the lines below the header by the header's names. Name is for messages.
func parseTSV(name, text string) ([]map[string]string, error) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	header := strings.Split(lines[0], "\t")
	var out []map[string]string
	for i, line := range lines[1:] {
		fields := strings.Split(line, "\t")
		if len(fields) != len(header) {
			return nil, fmt.Errorf("%s line %d has %d fields, want %d", name, i+2, len(fields), len(header))
		}
		row := map[string]string{}
		for j, column := range header {
			row[column] = fields[j]
		}
		out = append(out, row)
	}
	return out, nil
}
