package flows

import "time"

// Layouts of times that several programs write.
const (
	workingDay = "%d/%m/%Y %{8}I:%M:%S|%d/%m/%Y %{8}I:%M"
	argusTime  = "%Y/%m/%d %H:%M:%S.%f|%Y/%m/%d %H:%M:%S"
	pythonTime = "%Y-%m-%d %H:%M:%S.%f|%Y-%m-%d %H:%M:%S"
	isoTime    = "%Y-%m-%dT%H:%M:%S.%f%z|%Y-%m-%dT%H:%M:%S%z"
)

// presets are sorted by name. Sources: FlowFeature and BasicFlow of CICFlowMeter 4 and the
// files GeneratedLabelledFlows of CIC-IDS2017; flow.py of the Python cicflowmeter; NFlow of
// NFStream; CTU-13's .binetflow; UNSW-NB15_features.csv; conn.log and eve.json as their
// programs document them.
var presets = []struct {
	name string
	Options
}{
	{"cicflowmeter-py", Options{Times: pythonTime, Unit: time.Second, Columns: Columns{
		"src_ip", "src_port", "dst_ip", "dst_port", "protocol", "timestamp", "", "flow_duration", "label",
	}}},
	{"cicflowmeter-v3", Options{Unit: time.Microsecond, Columns: Columns{
		"Source IP", "Source Port", "Destination IP", "Destination Port", "Protocol", "Timestamp", "", "Flow Duration", "Label",
	}}},
	{"cicflowmeter-v4", Options{Times: "%d/%m/%Y %I:%M:%S %p", Unit: time.Microsecond, Columns: Columns{
		"Src IP", "Src Port", "Dst IP", "Dst Port", "Protocol", "Timestamp", "", "Flow Duration", "Label",
	}}},
	{"cicids2017", Options{Times: workingDay, Unit: time.Microsecond, Columns: Columns{
		"Source IP", "Source Port", "Destination IP", "Destination Port", "Protocol", "Timestamp", "", "Flow Duration", "Label",
	}}},
	{"argus", Options{Times: argusTime, Unit: time.Second, Columns: Columns{
		"SrcAddr", "Sport", "DstAddr", "Dport", "Proto", "StartTime", "", "Dur", "Label",
	}}},
	{"nfstream", Options{Times: "unix-ms", Columns: Columns{
		"src_ip", "src_port", "dst_ip", "dst_port", "protocol", "bidirectional_first_seen_ms", "bidirectional_last_seen_ms", "", "application_name",
	}}},
	{"suricata-eve", Options{Times: isoTime, Columns: Columns{
		"src_ip", "src_port", "dest_ip", "dest_port", "proto", "timestamp", "", "", "alert.signature",
	}}},
	{"unsw-nb15", Options{Times: "unix", Columns: Columns{
		"srcip", "sport", "dstip", "dsport", "proto", "Stime", "Ltime", "", "attack_cat",
	}, numbers: map[string]int{
		"srcip": 1, "sport": 2, "dstip": 3, "dsport": 4, "proto": 5, "Stime": 29, "Ltime": 30, "attack_cat": 48, "Label": 49,
	}, noLabel: "Normal"}},
	{"zeek-conn", Options{Times: "unix", Unit: time.Second, Columns: Columns{
		"id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "ts", "", "duration", "label",
	}}},
}
