"use strict";
(() => {
  const page = document.documentElement;
  const count = (what) => { page.dataset[what] = Number(page.dataset[what]) + 1; };
  document.addEventListener("securitypolicyviolation", () => count("violations"));
  addEventListener("error", () => count("errors"));
  addEventListener("unhandledrejection", () => count("errors"));
  document.addEventListener("DOMContentLoaded", () => start().catch(() => fail("The recording in this page cannot be played.")));

  function fail(words) {
    const told = document.getElementById("trouble");
    told.textContent = words;
    told.hidden = false;
    page.dataset.state = "failed";
  }

  async function unpacked() {
    const letters = document.getElementById("cast").textContent.replace(/-/g, "+").replace(/_/g, "\/");
    const packed = Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  }

  async function start() {
    if (typeof DecompressionStream === "undefined" || typeof WebAssembly === "undefined") {
      fail("This browser is too old to play the recording. Use Chrome 95, Firefox 113 or Safari 16.4, or a later one.");
      return;
    }
    const stage = document.getElementById("stage");
    const player = AsciinemaPlayer.create({ data: await unpacked() }, stage, {
      autoPlay: false, preload: true, speed: 1, idleTimeLimit: 1e9, fit: "both", poster: "npt:" + stage.dataset.poster,
      controls: true, cursorMode: "hidden", theme: "twoclocks", terminalLineHeight: 1.1,
    });
    player.addEventListener("error", () => fail("The recording in this page is damaged."));
    player.addEventListener("ready", () => {
      if (page.dataset.state !== "failed") {
        page.dataset.state = "ready";
        take(player, stage);
      }
    });
  }

  function take(player, stage) {
    const play = document.getElementById("play");
    const chapters = [...document.querySelectorAll("button[data-at]")];
    let playing = false;
    for (const mark of document.querySelectorAll("aside .recorded, aside .label")) {
      stage.querySelector(".ap-control-bar").append(mark.cloneNode(true)); /* a full screen shows it there, too */
    }

    const tell = (now) => {
      playing = now;
      page.dataset.playing = now ? "yes" : "no";
      play.textContent = now ? "\u2759\u2759 Pause" : "\u25b6 Play";
    };
    const place = async () => {
      const at = await player.getCurrentTime();
      page.dataset.at = at.toFixed(1);
      const past = chapters.filter((chapter) => Number(chapter.dataset.at) <= at + 0.05);
      chapters.forEach((chapter) => chapter.removeAttribute("aria-current"));
      past[past.length - 1]?.setAttribute("aria-current", "true");
    };
    const go = async (at) => {
      await player.seek(at);
      await place();
    };
    const follow = async () => {
      const asked = new URLSearchParams(location.hash.slice(1));
      const chapter = chapters[Number(asked.get("chapter")) - 1];
      const at = chapter ? chapter.dataset.at : asked.get("t");
      if (at && Number.isFinite(Number(at))) {
        await go(Number(at));
      }
      if (asked.has("play")) {
        await player.play();
      }
    };
    for (const [event, now] of [["play", true], ["playing", true], ["pause", false], ["ended", false]]) {
      player.addEventListener(event, () => { tell(now); place(); });
    }
    player.addEventListener("seeked", place);
    setInterval(() => { if (playing) { place(); } }, 250);
    play.addEventListener("click", () => {
      if (playing) { player.pause(); } else { player.play(); }
      player.el.focus();
    });
    for (const chapter of chapters) {
      chapter.addEventListener("click", () => { go(Number(chapter.dataset.at)); player.el.focus(); });
    }
    document.addEventListener("keydown", (pressed) => {
      const own = pressed.target.closest("button, #stage");
      const kept = own && (own.id === "stage" || pressed.key === " " || pressed.key === "Enter");
      if (kept || pressed.ctrlKey || pressed.altKey || pressed.metaKey || !/^([ \[\],.f?0-9]|Arrow(Left|Right))$/.test(pressed.key)) {
        return;
      }
      pressed.preventDefault();
      player.el.dispatchEvent(new KeyboardEvent("keydown", { key: pressed.key, shiftKey: pressed.shiftKey, bubbles: true }));
    });
    addEventListener("hashchange", follow);
    for (const button of [play, ...chapters]) {
      button.disabled = false;
    }
    tell(false);
    follow();
  }
})();
