package inflate
import ("testing";"os";"bytes";"time"; "io"; "fmt"
 kg "github.com/klauspost/compress/gzip")
func TestY(t *testing.T){
 for _,f:=range []string{"big_real","big_mixed"}{
  in,_:=os.ReadFile("/dev/shm/inflate/"+f+".gz"); want,_:=os.ReadFile("/dev/shm/inflate/"+f+".raw")
  for _,w:=range []int{2} {
   z:=NewGzipReader(bytes.NewReader(in),Options{w,func(f func()){go f()}})
   got,err:=io.ReadAll(z)
   if err!=nil||!bytes.Equal(got,want) { t.Fatal(f,w,err,len(got),len(want)) }
   var segs,marked,total int
   _=segs;_=marked;_=total
  }
  buf:=make([]byte,128<<10)
  best:=map[string]time.Duration{}; bc:=map[string]time.Duration{}
  for range 4 {
   for _,w:=range []int{0,1,2} {
    t0:=time.Now();c0:=cpu0()
    var r io.Reader
    if w==0 { r,_=kg.NewReader(bytes.NewReader(in)) } else { r=NewGzipReader(bytes.NewReader(in),Options{w,func(f func()){go f()}}) }
    n,err:=io.CopyBuffer(struct{io.Writer}{io.Discard},struct{io.Reader}{r},buf)
    if err!=nil||n!=int64(len(want)) { t.Fatal(err) }
    d:=time.Since(t0);c:=cpu0()-c0; k:=fmt.Sprint(w)
    if best[k]==0||d<best[k] {best[k]=d}
    if bc[k]==0||c<bc[k] {bc[k]=c}
   }
  }
  for _,k:=range []string{"0","1","2"} { t.Logf("%s workers %s wall %v cpu %v  %.2f x %.2f x cpu",f,k,best[k],bc[k],float64(best["0"])/float64(best[k]),float64(bc["0"])/float64(bc[k])) }
 }
}
