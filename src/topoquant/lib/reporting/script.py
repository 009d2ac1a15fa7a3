"""The page's script: charts are read out under the pointer, the command is copied. Nothing depends on it."""

SCRIPT = """
(() => {
  const readout = document.createElement("div");
  readout.className = "readout";
  readout.hidden = true;
  document.body.append(readout);

  const nearest = (pixels, x) => {
    let best = 0;
    pixels.forEach((p, i) => { if (Math.abs(p - x) < Math.abs(pixels[best] - x)) best = i; });
    return best;
  };
  const row = (name, value, style) => {
    const [line, key, text] = ["div", "span", "span"].map((tag) => document.createElement(tag));
    key.className = style ? "key " + style : "";
    key.textContent = name;
    text.textContent = value;
    line.append(key, text);
    return line;
  };

  document.querySelectorAll("svg[data-hover]").forEach((chart) => {
    const data = JSON.parse(chart.dataset.hover);
    if (!data.series.length) return;
    const cursor = document.createElementNS("http://www.w3.org/2000/svg", "line");
    cursor.setAttribute("class", "cursor");
    cursor.setAttribute("y1", data.top);
    cursor.setAttribute("y2", data.bottom);
    cursor.style.display = "none";
    chart.append(cursor);
    const leave = () => { readout.hidden = true; cursor.style.display = "none"; };
    chart.addEventListener("pointermove", (event) => {
      const box = chart.getBoundingClientRect();
      const x = (event.clientX - box.left) * chart.viewBox.baseVal.width / box.width;
      const at = nearest(data.series[0].px, x);
      cursor.setAttribute("x1", data.series[0].px[at]);
      cursor.setAttribute("x2", data.series[0].px[at]);
      cursor.style.display = "";
      const rows = data.series.map(
        (line) => row(line.name, line.y[nearest(line.px, x)], line.style.split(" ")[0]));
      readout.replaceChildren(row(data.x[at], ""), ...rows);
      readout.hidden = false;
      const width = readout.offsetWidth;
      const fits = event.pageX + 16 + width <= document.documentElement.clientWidth;
      readout.style.left = Math.max(4, fits ? event.pageX + 16 : event.pageX - 16 - width) + "px";
      readout.style.top = event.pageY + 14 + "px";
    });
    chart.addEventListener("pointerleave", leave);
    chart.addEventListener("pointercancel", leave);
  });

  const inflated = async () => {
    const packed = document.getElementById("plotly").textContent;
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  };
  let ready = null;
  const times = ({start, step, steps, n}) => {
    const seconds = steps || new Array(n - 1).fill(step);
    let now = start;
    return [start, ...seconds.map((one) => (now += one * 1000))].map((one) => new Date(one).toISOString());
  };
  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const [ink, line, quiet] =
      ["--ink", "--line", "--quiet"].map((name) => style.getPropertyValue(name).trim());
    const family = getComputedStyle(document.body).fontFamily;
    return {font: {color: ink, family}, line: {gridcolor: line, zerolinecolor: line, linecolor: quiet}};
  };
  const unfold = async (box) => {
    ready = ready || inflated();
    await ready;
    const figure = JSON.parse(box.querySelector("script").textContent);
    const columns = figure.columns.map((one) => (Array.isArray(one) ? one : times(one)));
    figure.data.forEach((trace) => {
      for (const name of ["x", "y", "customdata"]) {
        if (trace[name] && trace[name].column !== undefined) trace[name] = columns[trace[name].column];
      }
    });
    const {font, line} = colours();
    const clear = "rgba(0,0,0,0)";
    const layout = {...figure.layout, paper_bgcolor: clear, plot_bgcolor: clear, font, title: undefined,
      height: undefined, autosize: true, hovermode: "x unified",
      legend: {orientation: "h", y: 1.02, yanchor: "bottom"}, modebar: {bgcolor: clear, color: font.color},
      margin: {l: 60, r: 14, t: box.clientWidth < 600 ? 100 : 56, b: 44}};
    for (const name of Object.keys(layout)) {
      if (/^[xy]axis/.test(name)) layout[name] = {...layout[name], ...line};
    }
    await Plotly.newPlot(box.querySelector(".plot"), figure.data, layout,
      {responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"]});
  };
  document.querySelectorAll("details.zoom").forEach((box) => {
    box.addEventListener("toggle", () => unfold(box), {once: true});
  });

  document.querySelectorAll(".command button").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.previousElementSibling;
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "selected";
      }
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
  });
})();
"""
