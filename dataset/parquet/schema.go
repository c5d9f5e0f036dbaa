package parquet

import (
	"encoding/json"
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"github.com/pcapmill/pcapmill/dataset"
	"github.com/pcapmill/pcapmill/dataset/table"
)

// ordered is a group whose fields keep their order; parquet.Group sorts by name.
type ordered struct {
	parquet.Group
	fields []parquet.Field
}

func (o *ordered) Fields() []parquet.Field { return o.fields }

// group is a node with the given fields in the given order.
func group(fields ...field) parquet.Node {
	g := parquet.Group{}
	place := map[string]int{}
	for i, f := range fields {
		g[f.name] = f.node
		place[f.name] = i
	}
	sorted := make([]parquet.Field, len(fields))
	for _, f := range g.Fields() {
		sorted[place[f.Name()]] = f
	}
	return &ordered{g, sorted}
}

type field struct {
	name string
	node parquet.Node
}

// node is the Parquet type of a column of the table.
func node(c *table.Column) parquet.Node {
	switch {
	case c.Kind == table.Time:
		return parquet.Optional(parquet.Encoded(parquet.Timestamp(parquet.Nanosecond), &parquet.DeltaBinaryPacked))
	case c.Kind == table.Int:
		return parquet.Optional(parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked))
	case c.Few:
		return parquet.Optional(parquet.Encoded(parquet.String(), &parquet.RLEDictionary))
	}
	return parquet.Optional(parquet.Encoded(parquet.String(), &parquet.Plain))
}

// pixels is how a file holds images.
type pixels uint8

const (
	none  pixels = iota
	png          // the Image feature of Hugging Face
	plain        // the bytes of the sample
	array        // the Array2D feature: numbers in lists, a list a row
	words        // a string
)

// leaves is the number of leaf columns that a sample takes.
func (p pixels) leaves() int { return [...]int{none: 0, png: 2, plain: 1, array: 1, words: 1}[p] }

// number is the type of an element in an array.
func number(t dataset.Type) parquet.Node {
	switch t {
	case dataset.I8:
		return parquet.Int(8)
	case dataset.I16:
		return parquet.Int(16)
	}
	return parquet.Leaf(parquet.FloatType)
}

// schema is that of a file.
func schema(p pixels, columns []table.Column, spec dataset.Spec) *parquet.Schema {
	size := spec.Size()
	var fields []field
	switch p {
	case png:
		fields = append(fields, field{"image", parquet.Optional(group(
			field{"bytes", parquet.Optional(parquet.Encoded(parquet.Leaf(parquet.ByteArrayType), &parquet.Plain))},
			field{"path", parquet.Optional(parquet.Encoded(parquet.String(), &parquet.Plain))},
		))})
	case plain:
		kind := parquet.ByteArrayType
		if size <= encoding.MaxFixedLenByteArraySize {
			kind = parquet.FixedLenByteArrayType(size)
		}
		fields = append(fields, field{"image", parquet.Optional(parquet.Encoded(parquet.Leaf(kind), &parquet.Plain))})
	case array:
		fields = append(fields, field{"array", parquet.Optional(parquet.List(parquet.List(number(spec.Type))))})
	case words:
		fields = append(fields, field{"text", parquet.Optional(parquet.Encoded(parquet.String(), &parquet.Plain))})
	}
	for _, c := range columns {
		fields = append(fields, field{c.Name, node(&c)})
	}
	return parquet.NewSchema("schema", group(fields...))
}

// features is the "huggingface" entry of a file's metadata: how Hugging Face's
// datasets reads each column. In the table labels are plain numbers.
func features(p pixels, columns []table.Column, spec dataset.Spec, classes []string) (string, error) {
	type named map[string]any
	value := func(dtype string) named { return named{"dtype": dtype, "_type": "Value"} }
	all := named{}
	switch p {
	case png:
		all["image"] = named{"_type": "Image"}
	case plain:
		all["image"] = value("binary")
		if spec.Size() <= encoding.MaxFixedLenByteArraySize {
			all["image"] = value(fmt.Sprintf("fixed_size_binary[%d]", spec.Size()))
		}
	}
	switch p {
	case array:
		dtype := map[dataset.Type]string{dataset.I8: "int8", dataset.I16: "int16", dataset.F32: "float32"}[spec.Type]
		all["array"] = named{"_type": "Array2D", "shape": []int{spec.Rows, spec.Cols}, "dtype": dtype}
	case words:
		all["text"] = value("string")
	}
	for _, c := range columns {
		all[c.Name] = value([...]string{table.Int: "int64", table.Text: "string", table.Time: "timestamp[ns, tz=UTC]"}[c.Kind])
	}
	if p != none && len(classes) > 0 {
		all["label"] = named{"names": classes, "_type": "ClassLabel"}
	}
	text, err := json.Marshal(named{"info": named{"features": all}}) // keys sorted
	return string(text), err
}
