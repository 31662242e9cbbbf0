// Browsers start no workers from file://. There, a frame of the page takes the place of the worker that searches.
if (location.protocol === "file:")
  window.Worker = window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.worker = this;
      this.frame.srcdoc = `<script>
        postMessage = (data) => frameElement.worker.dispatchEvent(new parent.MessageEvent("message", { data }));
        </script><script src="${url}"></script>`;
      this.ready = new Promise((resolve) => (this.frame.onload = resolve));
      document.body.append(this.frame);
    }
    postMessage(data) {
      const inside = this.frame.contentWindow;
      this.ready.then(() => inside.dispatchEvent(new inside.MessageEvent("message", { data })));
    }
  };
