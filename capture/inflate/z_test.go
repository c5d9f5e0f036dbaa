package inflate
import ("testing";"os";"time";"runtime")
func TestZ(t *testing.T){
 runtime.LockOSThread()
 for _,f:=range []string{"big_real","big_mixed"}{
  in,_:=os.ReadFile("/dev/shm/inflate/"+f+".gz")
  mem:=&memory{}
  var tf,tr,td time.Duration; nm,np:=0,0; n:=0
  for k:=0;k<2;k++ { tf,tr,td=0,0,0;nm,np,n=0,0,0
  for at:=chunkLen; at+chunkLen+overlap<len(in); at+=chunkLen {
   c:=&chunk{input:&input{in:in[at:at+chunkLen+overlap],len:chunkLen},to:chunkLen,memory:mem}
   t0:=cpu()
   m:=mem.members(); m.in=c.in; m.findBlock(0,8*chunkLen); mem.putMembers(m)
   t1:=cpu(); tf+=t1-t0
   c.decode(); td+=cpu()-t1
   for _,s:=range c.segments { nm+=len(s.marked); np+=len(s.data) }
   c.window=make([]byte,windowLen)
   t1=cpu(); c.finish(); tr+=cpu()-t1
   c.reset(); mem.putMembers(c.m); n++
  }}
  t.Logf("%s chunks %d marked %.1f%% find %v decode %v (%.0f MB/s) resolve %v (%.0f MB/s)",f,n,100*float64(nm)/float64(nm+np),tf,td,float64(nm+np)/1e6/td.Seconds(),tr,float64(nm+np)/1e6/tr.Seconds())
 }
}
