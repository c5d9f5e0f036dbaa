"use strict";
(function () {
  var opened = [];
  addEventListener("beforeprint", function () {
    document.querySelectorAll("details:not([open])").forEach(function (d) {
      d.open = true;
      opened.push(d);
    });
  });
  addEventListener("afterprint", function () {
    opened.forEach(function (d) { d.open = false; });
    opened = [];
  });

  var text = document.getElementById("leak-data");
  if (!text) return;
  var data = JSON.parse(text.textContent);
  var map = document.getElementById("leak-map");
  var here = document.getElementById("leak-here");
  var input = document.getElementById("leak-byte");
  var says = document.getElementById("leak-says");
  var start = input.getAttribute("value");
  function show(p) {
    var cell = Math.floor(p / data.per);
    here.setAttribute("x", cell % data.cols);
    here.setAttribute("y", Math.floor(cell / data.cols));
    var place = data.unit + " " + p + " (row " + Math.floor(p / data.width) + ", column " + p % data.width + ")";
    var field = data.fields[data.field[p]];
    says.textContent = place + ": " + field + ". Kappa " + (data.kappa[p] / 1000).toFixed(3) +
      ", accuracy " + (data.accuracy[p] / 1000).toFixed(3) + ", AMI " + (data.ami[p] / 1000).toFixed(3);
    input.setAttribute("aria-valuetext", data.unit + " " + p + ", " + field + ", kappa " + (data.kappa[p] / 1000).toFixed(3));
  }
  function choose(p) {
    input.value = p;
    show(p);
  }
  // The best byte of the cell under the pointer.
  function at(event) {
    var box = map.getBoundingClientRect();
    var rows = map.viewBox.baseVal.height;
    var x = Math.floor((event.clientX - box.left) / box.width * data.cols);
    var y = Math.floor((event.clientY - box.top) / box.height * rows);
    if (x < 0 || y < 0 || x >= data.cols || y >= rows) return;
    var from = (y * data.cols + x) * data.per;
    if (from >= data.field.length) return;
    var best = from;
    for (var p = from; p < Math.min(from + data.per, data.field.length); p++) {
      if (data.kappa[p] > data.kappa[best]) best = p;
    }
    choose(best);
  }
  input.max = data.field.length - 1;
  choose(Number(start));
  map.addEventListener("pointermove", at);
  map.addEventListener("pointerdown", at);
  input.addEventListener("input", function () { show(Number(input.value)); });
  document.querySelectorAll("a[data-byte]").forEach(function (a) {
    a.addEventListener("click", function () { choose(Number(a.dataset.byte)); });
  });
})();
