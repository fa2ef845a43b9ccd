"use strict";
(() => {
  const page = document.documentElement;
  const count = (what) => { page.dataset[what] = Number(page.dataset[what]) + 1; };
  document.addEventListener("securitypolicyviolation", () => count("violations"));
  addEventListener("error", () => count("errors"));
  addEventListener("unhandledrejection", () => count("errors"));
  document.addEventListener("DOMContentLoaded", start);

  let slides, typed = "", desk = null, player = null, playing = false, began = null;
  const isDesk = location.hash.startsWith("#desk") && Boolean(opener);

  function start() {
    slides = [...document.querySelectorAll(".slide")];
    page.dataset.view = isDesk ? "desk" : "room";
    document.getElementById("desk").hidden = !isDesk;
    addEventListener("keydown", press, true);
    addEventListener("message", listen);
    addEventListener("hashchange", () => show(asked()));
    document.querySelector("main").addEventListener("click", click);
    show(asked());
    page.dataset.state = "ready";
    if (isDesk) {
      opener.postMessage({ deck: "hello", slide: present() }, "*");
      setInterval(tick, 250);
    }
  }

  /* The slide that the address names; the first where it names none. */
  function asked() {
    const number = Number(location.hash.replace(/^#(desk-?)?/, "")) || 1;
    return Math.min(Math.max(number, 1), slides.length);
  }

  function present() {
    return Number(page.dataset.slide) || 1;
  }

  function go(number) {
    if (number < 1 || number > slides.length) {
      return;
    }
    take(number);
    (isDesk ? opener : desk)?.postMessage({ deck: "at", slide: number }, "*");
  }

  /* Keys may come faster than the address changes, so the slide is shown first. */
  function take(number) {
    show(number);
    location.hash = (isDesk ? "desk-" : "") + number;
  }

  function show(number) {
    if (began === null && number > 1) {
      began = Date.now();
    }
    slides.forEach((slide, place) => {
      slide.classList.toggle("current", place === number - 1);
      slide.classList.toggle("next", isDesk && place === number);
    });
    page.dataset.slide = number;
    if (isDesk) {
      const notes = slides[number - 1].querySelector(".notes");
      const copies = [...notes.children].map((line) => line.cloneNode(true));
      document.getElementById("notes").replaceChildren(...copies);
      tick();
    } else {
      film(slides[number - 1]);
    }
  }

  /* Only the window that opened this one, and the one that this one opened, are listened to. */
  function listen(message) {
    const { deck: kind, slide } = message.data ?? {};
    const known = isDesk ? message.source === opener : message.source?.opener === window;
    if (!known) {
      return;
    }
    if (kind === "hello" && !isDesk) {
      desk = message.source;
      if (slide !== present()) {
        desk.postMessage({ deck: "at", slide: present() }, "*");
      }
    }
    if (kind === "at" && Number.isInteger(slide)) {
      take(Math.min(Math.max(slide, 1), slides.length));
    }
    if (kind === "play" && !isDesk) {
      toggle();
    }
  }

  function press(event) {
    const { key } = event;
    if (event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const handled = move(key) || type(key) || act(key);
    if (handled) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  function move(key) {
    const steps = {
      ArrowRight: 1, ArrowDown: 1, PageDown: 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1,
    };
    if (key in steps) {
      go(present() + steps[key]);
    } else if (key === "Home") {
      go(1);
    } else if (key === "End") {
      go(slides.length);
    } else if (key === " ") {
      space();
    } else {
      return false;
    }
    return true;
  }

  function space() {
    if (!slides[present() - 1].querySelector(".film[data-poster]")) {
      go(present() + 1);
    } else if (isDesk) {
      opener.postMessage({ deck: "play" }, "*");
    } else {
      toggle();
    }
  }

  /* A number is typed and ended by Enter: questions are answered by the number of a slide. */
  function type(key) {
    if (/^[0-9]$/.test(key)) {
      typed = (typed + key).slice(-3);
    } else if (key === "Backspace") {
      typed = typed.slice(0, -1);
    } else if (key === "Escape") {
      typed = "";
    } else if (key === "Enter" && typed) {
      const number = Number(typed);
      typed = "";
      go(number);
    } else {
      return false;
    }
    const shown = document.getElementById("typed");
    shown.textContent = typed;
    shown.hidden = typed === "";
    return true;
  }

  function act(key) {
    if (key === "p" && !isDesk) {
      desk = open(location.href.split("#")[0] + "#desk-" + present(), "twoclocks-desk",
        "width=1280,height=800");
    } else if (key === "f") {
      document.fullscreenElement ? document.exitFullscreen() : page.requestFullscreen();
    } else if (key === "t" && isDesk) {
      began = Date.now();
      tick();
    } else {
      return false;
    }
    return true;
  }

  function click(event) {
    if (event.target.closest("a, .film")) {
      return;
    }
    go(present() + (event.clientX < innerWidth / 4 ? -1 : 1));
  }

  function clock(seconds) {
    const whole = Math.floor(seconds);
    return Math.floor(whole / 60) + ":" + String(whole % 60).padStart(2, "0");
  }

  function tick() {
    const elapsed = began === null ? 0 : (Date.now() - began) / 1000;
    const until = Number(slides[present() - 1].dataset.until);
    document.getElementById("elapsed").textContent = clock(elapsed);
    const over = until && elapsed > until ? ", over by " + clock(elapsed - until) : "";
    document.getElementById("until").textContent = until ? "until " + clock(until) + over : "";
    document.getElementById("clock").classList.toggle("over", over !== "");
  }

  async function unpack() {
    const urlsafe = document.getElementById("cast").textContent;
    const base64 = urlsafe.replace(/-/g, "+").replace(/_/g, "\/");
    const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  /* The player lies on the still; the strip below the screen, which says what it is, stays. */
  async function film(slide) {
    const stage = slide.querySelector(".film[data-poster]");
    if (!stage || player || typeof AsciinemaPlayer === "undefined") {
      return;
    }
    player = "loading";
    const data = await unpack();
    const inside = document.createElement("div");
    inside.className = "inside";
    stage.append(inside);
    player = AsciinemaPlayer.create({ data }, inside, {
      autoPlay: false, preload: true, speed: 1, idleTimeLimit: 1e9, fit: "both",
      poster: "npt:" + stage.dataset.poster, startAt: Number(stage.dataset.from), controls: true,
      cursorMode: "hidden", theme: "twoclocks", terminalLineHeight: 1.1,
    });
    player.addEventListener("ready", () => { page.dataset.player = "ready"; });
    const playingAfter = { play: true, playing: true, pause: false, ended: false };
    for (const [name, now] of Object.entries(playingAfter)) {
      player.addEventListener(name, () => {
        playing = now;
        page.dataset.playing = now ? "yes" : "no";
      });
    }
  }

  function toggle() {
    if (player && player !== "loading") {
      if (playing) { player.pause(); } else { player.play(); }
    }
  }
})();
