// Turns a static list of steps (one <details> each, with pictures and text) into a player.
// The player lives in a shadow tree: its styles, and all that it is made of, are its own, and the
// static list is what a page shows that runs no scripts.
function startPlayers(style) {
  "use strict";

  const PACE = 1600; // milliseconds a step while it plays
  const SVG = "data:image/svg+xml;base64,";

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  // A sign on a button: lines and filled shapes in a square of 16.
  function icon(path) {
    const holder = document.createElement("span");
    holder.innerHTML = `<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="${path}"/></svg>`;
    return holder.firstChild;
  }
  const SIGNS = {
    first: "M3 3h1.6v10H3zM13 3v10L5.5 8z",
    back: "M11 3v10L4 8z",
    play: "M4.5 2.5v11L13.5 8z",
    pause: "M4 3h3v10H4zM9 3h3v10H9z",
    next: "M5 3v10l7-5z",
    last: "M11.4 3H13v10h-1.6zM3 3v10l7.5-5z",
  };

  // The drawing inside an <img>, as elements that the page's colours reach.
  function drawing(img) {
    const bytes = Uint8Array.from(atob(img.src.slice(SVG.length)), (c) => c.charCodeAt(0));
    const text = new TextDecoder().decode(bytes);
    const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", img.alt);
    const natural = Number(svg.getAttribute("width"));
    svg.setAttribute("style", `min-width: ${0.75 * natural}px; max-width: ${1.3 * natural}px`);
    return document.importNode(svg, true);
  }

  // Whether what is behind the player is dark: notebooks have themes of their own.
  function onDark(node) {
    const dot = element("canvas", { width: 1, height: 1 });
    const paint = dot.getContext("2d", { willReadFrequently: true });
    for (let at = node; at; at = at.parentElement || (at.getRootNode().host ?? null)) {
      paint.clearRect(0, 0, 1, 1);
      paint.fillStyle = getComputedStyle(at).backgroundColor; // in whatever notation
      paint.fillRect(0, 0, 1, 1);
      const [r, g, b, alpha] = paint.getImageData(0, 0, 1, 1).data;
      if (alpha > 127) return 0.299 * r + 0.587 * g + 0.114 * b < 128;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches;
  }

  // Bring what is happening into view, in a picture that is larger than its place.
  function centre(picture) {
    const now = picture.querySelector(".now");
    if (!now) return;
    const [box, frame] = [now.getBoundingClientRect(), picture.getBoundingClientRect()];
    picture.scrollLeft += box.left + box.width / 2 - frame.left - frame.width / 2;
    picture.scrollTop += box.top + box.height / 2 - frame.top - frame.height / 2;
  }

  function start(root) {
    const steps = [...root.querySelectorAll("details")];
    const title = root.querySelector(".title").textContent;
    const last = steps.length - 1;
    let at = 0;
    let timer = null;

    const button = (label, sign, act) => {
      const made = element("button", { type: "button", "aria-label": label, title: label });
      made.append(icon(SIGNS[sign]));
      made.addEventListener("click", act);
      return made;
    };
    const by = (change) => () => (pause(), show(at + change));
    const toFirst = button("First step", "first", by(-Infinity));
    const back = button("Previous step", "back", by(-1));
    const play = button("Play", "play", toggle);
    const next = button("Next step", "next", by(1));
    const toLast = button("Last step", "last", by(Infinity));
    play.className = "play";
    const slider = element("input", { type: "range", min: 0, max: last, value: 0, step: 1 });
    slider.setAttribute("aria-label", "Step");
    slider.addEventListener("input", () => (pause(), show(Number(slider.value))));
    const counter = element("output", { class: "counter" });

    const heading = element("h4", { class: "heading" });
    const views = element("div", { class: "views" });
    const live = element("div", { class: "live", "aria-live": "polite" }, heading, views);
    const about = [...root.querySelectorAll(".about")].map((said) => said.cloneNode(true));
    const player = element(
      "section",
      { class: "player", role: "group", "aria-label": title, tabindex: 0 },
      element("h3", {}, title),
      ...about,
      element("div", { class: "controls" }, toFirst, back, play, next, toLast, slider, counter),
      live,
    );

    function show(step) {
      at = Math.min(Math.max(step, 0), last);
      const source = steps[at];
      player.dataset.phase = source.dataset.phase;
      heading.textContent = source.querySelector("summary").textContent;
      const before = [...views.querySelectorAll(".picture")];
      const scrolled = before.map((p) => [p.scrollLeft, p.scrollTop]);
      views.replaceChildren(...[...source.querySelectorAll(".view")].map((v) => v.cloneNode(true)));
      for (const img of views.querySelectorAll("img")) img.replaceWith(drawing(img));
      views.querySelectorAll(".picture").forEach((picture, i) => {
        [picture.scrollLeft, picture.scrollTop] = scrolled[i] ?? [0, 0];
        centre(picture);
      });
      slider.value = at;
      slider.setAttribute("aria-valuetext", heading.textContent);
      counter.textContent = `${at + 1} / ${last + 1}`;
      const focused = shadow.activeElement; // asked now: a disabled button may lose it at once
      toFirst.disabled = back.disabled = at === 0;
      toLast.disabled = next.disabled = at === last;
      if (focused?.disabled) player.focus(); // or the keys would go to nobody
    }

    function toggle() {
      if (timer !== null) return pause();
      if (at === last) show(0);
      live.setAttribute("aria-live", "off"); // nobody can listen as fast as it plays
      setPlaying(setInterval(() => (at === last || !root.isConnected ? pause() : show(at + 1)), PACE));
    }

    function pause() {
      clearInterval(timer);
      live.setAttribute("aria-live", "polite");
      setPlaying(null);
    }

    function setPlaying(running) {
      timer = running;
      const label = running === null ? "Play" : "Pause";
      play.replaceChildren(icon(running === null ? SIGNS.play : SIGNS.pause));
      play.setAttribute("aria-label", label);
      play.title = label;
    }

    const keys = {
      ArrowRight: by(1),
      ArrowLeft: by(-1),
      Home: by(-Infinity),
      End: by(Infinity),
      " ": toggle,
    };
    player.addEventListener("keydown", (event) => {
      const pressesButton = event.key === " " && event.target.matches("button");
      const withOthers = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
      if (!(event.key in keys) || pressesButton || withOthers) return;
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
    });

    const theme = () => (player.dataset.theme = onDark(root) ? "dark" : "light");
    const shadow = root.attachShadow({ mode: "open" });
    shadow.append(element("style", {}, style), player);
    root.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab has plans for arrow keys
    theme();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", theme);
    const watch = { attributes: true, attributeFilter: ["class", "style", "data-jp-theme-name"] };
    for (const page of [document.documentElement, document.body]) {
      new MutationObserver(theme).observe(page, watch);
    }
    show(0);
  }

  for (const root of document.querySelectorAll(".pencilgrad-player")) {
    if (!root.shadowRoot) start(root);
  }
}
