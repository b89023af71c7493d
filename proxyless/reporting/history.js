"use strict";

for (const history of document.querySelectorAll(".history")) {
  const { kinds, titles, frames, overruled } = JSON.parse(history.dataset.history);
  const slots = history.querySelectorAll(".slot");
  const slider = history.querySelector("input");
  const button = history.querySelector("button");
  const output = history.querySelector("output");
  const pause = Math.max(100, Math.min(700, 10000 / frames.length));
  let timer = null;

  const show = (place) => {
    frames[place].forEach(([kind, probability], block) => {
      const { label, width, colour } = kinds[kind];
      const [track, name, share] = slots[block].children;
      const bar = track.firstElementChild;
      bar.style.width = `${width}px`;
      bar.style.height = `${100 * probability}%`;
      bar.style.backgroundColor = colour ?? "";
      bar.classList.toggle("gap", colour === null);
      name.textContent = label;
      share.textContent = `${Math.round(100 * probability)} %`;
    });
    for (const block of overruled) {
      slots[block].classList.toggle("overruled", place === frames.length - 1);
    }
    slider.value = place;
    output.textContent = titles[place];
    slider.setAttribute("aria-valuetext", output.textContent);
  };

  const stop = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "Play";
  };

  const play = () => {
    if (Number(slider.value) === frames.length - 1) show(0);
    button.textContent = "Pause";
    timer = setInterval(() => {
      const next = Number(slider.value) + 1;
      show(next);
      if (next === frames.length - 1) stop();
    }, pause);
  };

  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });
  button.addEventListener("click", () => (timer === null ? play() : stop()));
  history.querySelector(".controls").hidden = false;
  show(frames.length - 1);
}
