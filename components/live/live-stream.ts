'use client';
import { useEffect, useRef, useState } from 'react';

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 5_000;
/** The server sends something every 10 s; a stream silent for longer is dead, even if the browser does not know it. */
const SILENCE_LIMIT_MS = 25_000;
/** A page that nobody looks at gives its connection back: a browser has only six for a host. */
const HIDDEN_CLOSE_MS = 60_000;

/** `unavailable`: the server is there, but its control database is not. */
export type StreamStatus = 'connecting' | 'live' | 'reconnecting' | 'unavailable' | 'signed-out';

export interface LiveStream {
  status: StreamStatus;
  /** Browser's clock minus server's in milliseconds; `null` until the first event. */
  clockOffsetMs: number | null;
}

/**
 * Follows a stream of `clusters` events while the component is mounted. Each connection begins with the whole state, so a break loses
 * nothing. Retries with backoff until the session has ended.
 */
export function useLiveStream<T>(url: string, onClusters: (clusters: T) => void): LiveStream {
  const [stream, setStream] = useState<LiveStream>({ status: 'connecting', clockOffsetMs: null });
  const deliver = useRef(onClusters);
  useEffect(() => {
    deliver.current = onClusters;
  });

  useEffect(() => {
    let source: EventSource | null = null;
    let retryMs = RETRY_MIN_MS;
    let retryTimer: ReturnType<typeof setTimeout> | undefined;
    let silenceTimer: ReturnType<typeof setTimeout> | undefined;
    let hiddenTimer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;

    const setStatus = (status: StreamStatus) => setStream((current) => (current.status === status ? current : { ...current, status }));
    const disconnect = () => {
      source?.close();
      source = null;
      clearTimeout(retryTimer);
      clearTimeout(silenceTimer);
    };
    const signedOut = () => {
      ended = true;
      disconnect();
      setStatus('signed-out');
    };
    const retry = () => {
      disconnect();
      if (ended) return;
      setStatus('reconnecting');
      // A refused stream gives no reason: the session endpoint tells whether the session has ended.
      void fetch('/api/session', { cache: 'no-store' }).then(
        (response) => (response.status === 401 ? signedOut() : undefined),
        () => undefined,
      );
      retryTimer = setTimeout(connect, retryMs * (0.5 + Math.random() / 2));
      retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
    };
    const heard = () => {
      clearTimeout(silenceTimer);
      silenceTimer = setTimeout(retry, SILENCE_LIMIT_MS);
    };
    const connect = () => {
      disconnect();
      if (ended) return;
      const opened = new EventSource(url);
      source = opened;
      heard();
      opened.addEventListener('beat', heard);
      opened.addEventListener('signed-out', signedOut);
      // The reader's rights changed: reload, so that the page keeps nothing it may no longer show.
      opened.addEventListener('access-changed', () => window.location.reload());
      opened.addEventListener('unavailable', () => {
        heard();
        setStatus('unavailable');
      });
      opened.addEventListener('error', retry);
      opened.addEventListener('clusters', (event) => {
        const message = JSON.parse((event as MessageEvent<string>).data) as { serverTime: string; clusters: T };
        const offsetMs = Date.now() - Date.parse(message.serverTime);
        heard();
        retryMs = RETRY_MIN_MS;
        deliver.current(message.clusters);
        setStream((current) => {
          // The quickest delivery so far tells the offset best: the way here only ever adds to it.
          const clockOffsetMs = current.clockOffsetMs === null ? offsetMs : Math.min(current.clockOffsetMs, offsetMs);
          return current.status === 'live' && current.clockOffsetMs === clockOffsetMs ? current : { status: 'live', clockOffsetMs };
        });
      });
    };
    const onVisibility = () => {
      clearTimeout(hiddenTimer);
      if (document.visibilityState === 'hidden') hiddenTimer = setTimeout(disconnect, HIDDEN_CLOSE_MS);
      else if (source === null && !ended) connect();
    };

    connect();
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      ended = true;
      document.removeEventListener('visibilitychange', onVisibility);
      clearTimeout(hiddenTimer);
      disconnect();
    };
  }, [url]);

  return stream;
}
