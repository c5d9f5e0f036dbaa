package card

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pcapmill/pcapmill/dataset/table"
	"github.com/pcapmill/pcapmill/internal/plainjson"
	"github.com/pcapmill/pcapmill/manifest"
)

// node is an object of JSON-LD; keys are written sorted.
type node map[string]any

// Croissant is the text of croissant.json: Croissant 1.1. It has every data file with
// its digest, the classes, the splits, and, if the dataset was exported as parquet, table
// or csv, a record set of its samples with their columns, read from the first of these.
func Croissant(in *Input) ([]byte, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	top := node{
		"@context": jsonldContext(), "@type": "sc:Dataset", "conformsTo": "http://mlcommons.org/croissant/1.1",
		"name": in.About.name(), "description": description(in), "version": in.About.version(),
		"keywords":     []string{"network traffic", "packet captures", "traffic classification", "pcapmill"},
		"distribution": distribution(in), "recordSet": recordSets(in),
	}
	for key, value := range map[string]string{"license": licenseURL(in.About.License), "url": in.About.URL, "datePublished": in.About.Date, "citeAs": in.About.Citation} {
		if value != "" {
			top[key] = value
		}
	}
	if in.About.Creator != "" {
		top["creator"] = node{"@type": "sc:Person", "name": in.About.Creator}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(top); err != nil {
		return nil, fmt.Errorf("croissant: %w", err)
	}
	return plainjson.Escape(b.Bytes()), nil
}

func description(in *Input) string {
	m := in.Manifest
	kind := strings.ReplaceAll(arrayText(m, ""), "`", "") + " arrays"
	if m.DType() == "text" {
		kind = "lines of text"
	}
	text := fmt.Sprintf("%s of network traffic from %s: ", plural(m.Samples, cmp.Or(m.Settings.Get("unit"), "session")), plural(int64(len(m.Captures)), "packet capture"))
	if form := m.Settings.Form(); form != "" {
		text += fmt.Sprintf("the form %s of masked packets as %s", form, kind)
	} else {
		text += fmt.Sprintf("masked bytes of bidirectional five-tuples as %s", kind)
	}
	text += " with a class label."
	if m.Variants != nil {
		text += fmt.Sprintf(" Each unit is there in %d variants: %s.", len(m.Variants)+1, strings.Join(m.VariantNames(), ", "))
	}
	text += " Made by pcapmill."
	if in.About.Description != "" {
		text = in.About.Description + "\n\n" + text
	}
	return text
}

// jsonldContext is the one of the specification.
func jsonldContext() node {
	c := node{
		"@language": "en", "@vocab": "https://schema.org/", "cr": "http://mlcommons.org/croissant/", "dct": "http://purl.org/dc/terms/",
		"rai": "http://mlcommons.org/croissant/RAI/", "sc": "https://schema.org/", "conformsTo": "dct:conformsTo",
		"data": node{"@id": "cr:data", "@type": "@json"}, "dataType": node{"@id": "cr:dataType", "@type": "@vocab"},
		"examples": node{"@id": "cr:examples", "@type": "@json"}, "name": node{"@container": "@language"}, "description": node{"@container": "@language"},
	}
	for _, term := range []string{
		"arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format", "includes",
		"isArray", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate",
		"separator", "source", "subField", "transform",
	} {
		c[term] = "cr:" + term
	}
	return c
}

// manyFiles is the number of files below a folder from which on they stand in the
// distribution as one set, without digests; these are in SHA256SUMS.
const manyFiles = 1000

// distribution lists the files, and the sets that record sets read from.
func distribution(in *Input) []node {
	folders := map[string][]File{}
	var order []string
	for _, f := range in.Files {
		if f.Name == manifest.Name {
			continue // it holds seconds: see the package comment
		}
		folder, _, deep := strings.Cut(f.Name, "/")
		if !deep {
			folder = ""
		}
		if folders[folder] == nil {
			order = append(order, folder)
		}
		folders[folder] = append(folders[folder], f)
	}
	slices.Sort(order)
	out := []node{}
	for _, folder := range order {
		if files := folders[folder]; folder == "" || len(files) < manyFiles {
			for _, f := range files {
				out = append(out, node{
					"@type": "cr:FileObject", "@id": f.Name, "name": f.Name, "contentUrl": f.Name, "contentSize": fmt.Sprintf("%d B", f.Size),
					"encodingFormat": mediaType(f.Name), "sha256": f.SHA256,
				})
			}
			continue
		}
		out = append(out, fileSet(folder+"-files", folder, "**", mediaType(folders[folder][0].Name)))
	}
	if len(in.imageSides()) > 0 {
		out = append(out, fileSet("images", imagesFolder, "*.parquet", "application/x-parquet"))
	}
	return out
}

func fileSet(id, folder, pattern, format string) node {
	return node{"@type": "cr:FileSet", "@id": id, "name": id, "includes": folder + "/" + pattern, "encodingFormat": format}
}

// mediaType is that of a file by its ending.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".parquet":
		return "application/x-parquet"
	case ".csv":
		return "text/csv"
	case ".json":
		return "application/json"
	case ".png":
		return "image/png"
	case ".tar":
		return "application/x-tar"
	case ".gz":
		return "application/gzip"
	case ".md":
		return "text/markdown"
	case ".npz", ".zip":
		return "application/zip"
	}
	return "application/octet-stream"
}

// recordSets are the classes, the splits, and the samples if a format has columns.
func recordSets(in *Input) []node {
	sets := []node{}
	if classes := in.classes(); len(classes) > 0 {
		data := make([]node, len(classes))
		for i, c := range classes {
			data[i] = node{"classes/label": int(c.Label), "classes/name": c.Name, "classes/samples": c.Samples}
		}
		sets = append(sets, node{
			"@type": "cr:RecordSet", "@id": "classes", "name": "classes", "description": "What labels mean.", "key": node{"@id": "classes/label"},
			"field": []node{
				plainField("classes/label", "class id", "sc:Integer"), plainField("classes/name", "name", "sc:Text"), plainField("classes/samples", "number of samples", "sc:Integer"),
			},
			"data": data,
		})
	}
	if len(in.Splits) > 0 {
		data := make([]node, len(in.Splits))
		for i, s := range in.Splits {
			data[i] = node{"splits/name": s.Name, "splits/samples": s.Samples}
		}
		sets = append(sets, node{
			"@type": "cr:RecordSet", "@id": "splits", "name": "splits", "dataType": "cr:Split", "key": node{"@id": "splits/name"},
			"field": []node{plainField("splits/name", "name", "sc:Text"), plainField("splits/samples", "number of samples", "sc:Integer")},
			"data":  data,
		})
	}
	return append(sets, samples(in)...)
}

func plainField(id, what, dataType string) node {
	return node{"@type": "cr:Field", "@id": id, "name": id, "description": what, "dataType": dataType}
}

// columnsFrom are fields of a record set, one for each column of the table, read from a file
// or a set of files.
func columnsFrom(set string, columns []table.Column, from node) []node {
	var fields []node
	for _, c := range columns {
		f := plainField(set+"/"+c.Name, c.What, [...]string{table.Int: "sc:Integer", table.Text: "sc:Text", table.Time: "sc:DateTime"}[c.Kind])
		source := maps.Clone(from)
		source["extract"] = node{"column": c.Name}
		f["source"] = source
		fields = append(fields, f)
	}
	return fields
}

// samples are the record sets of the samples: with the samples if they were exported, read from
// the files of the sides, and of the whole table under the name "table". Without images the
// table is "samples".
func samples(in *Input) []node {
	set := func(name, what string, fields []node) node {
		return node{"@type": "cr:RecordSet", "@id": name, "name": name, "description": what, "key": node{"@id": name + "/index"}, "field": fields}
	}
	name, file := "samples", in.tableFile()
	if file == "" && in.has(csvFile) {
		file = csvFile
	}
	var sets []node
	if len(in.imageSides()) > 0 {
		from := node{"fileSet": node{"@id": "images"}}
		fields := append([]node{sampleField(in.Manifest)}, columnsFrom("samples", table.Plain(in.extra()), from)...)
		for _, f := range fields {
			if f["@id"] == "samples/split" && len(in.Splits) > 0 {
				// From the name of the file: so a program that wants one side reads its files alone.
				f["source"] = node{"fileSet": node{"@id": "images"}, "extract": node{"fileProperty": "fullpath"}, "transform": node{"regex": sidePattern}}
			}
		}
		sets, name = append(sets, set("samples", "One record a sample that is on a side.", fields)), "table"
	}
	if file != "" {
		sets = append(sets, set(name, "One record a sample.", columnsFrom(name, table.Columns(in.extra()), node{"fileObject": node{"@id": file}})))
	}
	return sets
}

// sampleField is the field of the sample itself.
func sampleField(m *manifest.Manifest) node {
	from := func(f node, column string) node {
		f["source"] = node{"fileSet": node{"@id": "images"}, "extract": node{"column": column}}
		return f
	}
	switch m.DType() {
	case "", "u8":
		image := from(plainField("samples/image", "the sample as a grey picture", "sc:ImageObject"), "image")
		image["source"].(node)["transform"] = node{"jsonPath": "bytes"}
		return image
	case "text":
		return from(plainField("samples/text", "the sample", "sc:Text"), "text")
	}
	kind := "sc:Integer"
	if m.DType() == "f32" {
		kind = "sc:Float"
	}
	array := from(plainField("samples/array", "the sample, row by row", kind), "array")
	array["isArray"], array["arrayShape"] = true, fmt.Sprintf("%d,%d", m.Rows, m.Cols)
	return array
}

// sidePattern finds the side in the path of a file of images.
const sidePattern = `parquet/data/(train|validation|test)-.+parquet$`
