"use strict";
(function () {
  var text = document.getElementById("byte-data");
  if (!text) return;
  var data = JSON.parse(text.textContent);
  var map = document.getElementById("byte-map");
  var here = document.getElementById("byte-here");
  var input = document.getElementById("byte");
  var says = document.getElementById("byte-says");
  var size = data.values ? data.values.length : data.hex.length / 2;
  function nameOf(p) {
    var low = 0, high = data.segments.length;
    while (high - low > 1) {
      var middle = (low + high) >> 1;
      if (data.segments[middle][0] <= p) low = middle; else high = middle;
    }
    return data.segments.length ? data.names[data.segments[low][1]] : "unknown";
  }
  function show(p) {
    here.setAttribute("x", p % data.cols);
    here.setAttribute("y", Math.floor(p / data.cols));
    if (data.values) {
      says.textContent = "cell " + p + ": " + data.values[p] + ", " + nameOf(p);
    } else {
      var hex = data.hex.slice(2 * p, 2 * p + 2);
      says.textContent = "byte " + p + ": " + parseInt(hex, 16) + ", hex " + hex + ", " + nameOf(p);
    }
    input.setAttribute("aria-valuetext", says.textContent);
  }
  function at(event) {
    var box = map.getBoundingClientRect();
    var x = Math.floor((event.clientX - box.left) / box.width * data.cols);
    var y = Math.floor((event.clientY - box.top) / box.height * map.viewBox.baseVal.height);
    var p = y * data.cols + x;
    if (x < 0 || y < 0 || x >= data.cols || p >= size) return;
    input.value = p;
    show(p);
  }
  input.max = size - 1;
  show(0);
  map.addEventListener("pointermove", at);
  map.addEventListener("pointerdown", at);
  input.addEventListener("input", function () { show(Number(input.value)); });
})();
