"use strict";
(() => {
  const page = document.documentElement;
  const count = (what) => { page.dataset[what] = Number(page.dataset[what]) + 1; };
  document.addEventListener("securitypolicyviolation", () => count("violations"));
  addEventListener("error", () => count("errors"));
  addEventListener("unhandledrejection", () => count("errors"));
  document.addEventListener("DOMContentLoaded", start);

  function say(state, words) {
    const told = document.getElementById("state");
    page.dataset.state = state;
    told.textContent = words;
    told.toggleAttribute("data-live", state === "live");
  }

  function start() {
    if (typeof WebAssembly === "undefined" || typeof EventSource === "undefined") {
      say("failed", "This browser is too old to draw the panel.");
      return;
    }
    const source = { driver: "eventsource", url: "live", bufferTime: 0.2 };
    const player = AsciinemaPlayer.create(source, document.getElementById("stage"), {
      autoPlay: true, fit: "both", controls: false, cursorMode: "hidden",
      theme: "twoclocks", terminalLineHeight: 1.1,
    });
    player.addEventListener("playing", () => say("live", "LIVE"));
    player.addEventListener("loading", () => {
      if (page.dataset.state !== "over") {
        say("lost", "no connection to the race: trying again");
      }
    });
    player.addEventListener("ended", over);
  }

  async function over() {
    say("over", "the race is over");
    const answer = await fetch("end.json");
    if (!answer.ok) {
      return;
    }
    const { closing, files } = await answer.json();
    say("over", closing);
    for (const file of files) {
      const link = document.createElement("a");
      link.href = file;
      link.textContent = file;
      document.getElementById("links").append(link);
    }
  }
})();
