"use strict";
(() => {
  const page = document.documentElement;
  const count = (what) => { page.dataset[what] = Number(page.dataset[what]) + 1; };
  document.addEventListener("securitypolicyviolation", () => count("violations"));
  addEventListener("error", () => count("errors"));
  addEventListener("unhandledrejection", () => count("errors"));
  document.addEventListener("DOMContentLoaded", () => {
    start().catch(() => fail("The recording in this page cannot be played."));
  });

  function fail(message) {
    const paragraph = document.getElementById("trouble");
    paragraph.textContent = message;
    paragraph.hidden = false;
    page.dataset.state = "failed";
  }

  async function unpack() {
    const urlsafe = document.getElementById("cast").textContent;
    const base64 = urlsafe.replace(/-/g, "+").replace(/_/g, "\/");
    const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  async function start() {
    if (typeof DecompressionStream === "undefined" || typeof WebAssembly === "undefined") {
      fail("This browser is too old to play the recording."
        + " Use Chrome 95, Firefox 113 or Safari 16.4, or a later one.");
      return;
    }
    const stage = document.getElementById("stage");
    const player = AsciinemaPlayer.create({ data: await unpack() }, stage, {
      autoPlay: false, preload: true, speed: 1, idleTimeLimit: 1e9, fit: "both",
      poster: "npt:" + stage.dataset.poster, controls: true, cursorMode: "hidden",
      theme: "twoclocks", terminalLineHeight: 1.1,
    });
    player.addEventListener("error", () => fail("The recording in this page is damaged."));
    player.addEventListener("ready", () => {
      if (page.dataset.state !== "failed") {
        page.dataset.state = "ready";
        connect(player, stage);
      }
    });
  }

  function connect(player, stage) {
    const play = document.getElementById("play");
    const chapters = [...document.querySelectorAll("button[data-at]")];
    let playing = false;
    /* In full screen only the control bar can show the labels. */
    for (const label of document.querySelectorAll("aside .recorded, aside .label")) {
      stage.querySelector(".ap-control-bar").append(label.cloneNode(true));
    }

    const showPlaying = (now) => {
      playing = now;
      page.dataset.playing = now ? "yes" : "no";
      play.textContent = now ? "\u2759\u2759 Pause" : "\u25b6 Play";
    };
    const showPosition = async () => {
      const at = await player.getCurrentTime();
      page.dataset.at = at.toFixed(1);
      const past = chapters.filter((chapter) => Number(chapter.dataset.at) <= at + 0.05);
      chapters.forEach((chapter) => chapter.removeAttribute("aria-current"));
      past[past.length - 1]?.setAttribute("aria-current", "true");
    };
    const seekTo = async (at) => {
      await player.seek(at);
      await showPosition();
    };
    const followHash = async () => {
      const asked = new URLSearchParams(location.hash.slice(1));
      const chapter = chapters[Number(asked.get("chapter")) - 1];
      const at = chapter ? chapter.dataset.at : asked.get("t");
      if (at && Number.isFinite(Number(at))) {
        await seekTo(Number(at));
      }
      if (asked.has("play")) {
        await player.play();
      }
    };
    const playingAfter = { play: true, playing: true, pause: false, ended: false };
    for (const [event, now] of Object.entries(playingAfter)) {
      player.addEventListener(event, () => { showPlaying(now); showPosition(); });
    }
    player.addEventListener("seeked", showPosition);
    setInterval(() => { if (playing) { showPosition(); } }, 250);
    play.addEventListener("click", () => {
      if (playing) { player.pause(); } else { player.play(); }
      player.el.focus();
    });
    for (const chapter of chapters) {
      chapter.addEventListener("click", () => {
        seekTo(Number(chapter.dataset.at));
        player.el.focus();
      });
    }
    document.addEventListener("keydown", (pressed) => {
      const { key, shiftKey } = pressed;
      const target = pressed.target.closest("button, #stage");
      const handled = target && (target.id === "stage" || key === " " || key === "Enter");
      const modified = pressed.ctrlKey || pressed.altKey || pressed.metaKey;
      const known = /^([ \[\],.f?0-9]|Arrow(Left|Right))$/.test(key);
      if (handled || modified || !known) {
        return;
      }
      pressed.preventDefault();
      player.el.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true }));
    });
    addEventListener("hashchange", followHash);
    for (const button of [play, ...chapters]) {
      button.disabled = false;
    }
    showPlaying(false);
    followHash();
  }
})();
